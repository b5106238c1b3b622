import base64

from databricks.sdk.errors import NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import AclPermission, ScopeBackendType


def secret_scopes(w):
    w.secrets.create_scope("judged")
    try:
        w.secrets.create_scope("judged")
        raise AssertionError("two scopes of one name")
    except ResourceAlreadyExists:
        pass
    w.secrets.put_secret("judged", "text", string_value="grün")
    w.secrets.put_secret("judged", "bytes", bytes_value=base64.b64encode(b"\x00\xff").decode())
    assert [each.key for each in w.secrets.list_secrets("judged")] == ["bytes", "text"]
    assert base64.b64decode(w.secrets.get_secret("judged", "text").value).decode() == "grün"
    assert base64.b64decode(w.secrets.get_secret("judged", "bytes").value) == b"\x00\xff"
    w.secrets.put_secret("judged", "text", string_value="rot")
    assert base64.b64decode(w.secrets.get_secret("judged", "text").value) == b"rot"
    w.secrets.put_acl("judged", "users", AclPermission.READ)
    assert {each.principal for each in w.secrets.list_acls("judged")} == {"admin@example.test", "users"}
    assert w.secrets.get_acl("judged", "users").permission == AclPermission.READ
    w.secrets.delete_acl("judged", "users")
    w.secrets.delete_secret("judged", "text")
    w.secrets.delete_scope("judged")
    try:
        list(w.secrets.list_secrets("judged"))
        raise AssertionError("the scope is still there")
    except NotFound:
        pass


def key_vault_scopes(w):
    scope = next(each for each in w.secrets.list_scopes() if each.backend_type == ScopeBackendType.AZURE_KEYVAULT)
    assert scope.keyvault_metadata.dns_name.startswith("https://"), scope


KINDS = {
    "secret-scopes": secret_scopes,
    "key-vault-scopes": key_vault_scopes,
}
