from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import PermissionDenied


def oauth(w):
    client = WorkspaceClient(
        config=Config(
            host=w.config.host,
            client_id="7d3b2c1a-5e4f-4a6b-8c9d-0e1f2a3b4c5d",
            client_secret="directory-app-secret",
            auth_type="oauth-m2m",
            retry_timeout_seconds=5,
        )
    )
    assert client.current_user.me().display_name == "directory app"


def wrong_token(w):
    client = WorkspaceClient(config=Config(host=w.config.host, token="dapiwrong", retry_timeout_seconds=5))
    try:
        client.current_user.me()
        raise AssertionError("a wrong token was taken")
    except PermissionDenied:
        pass


KINDS = {
    "oauth": oauth,
    "wrong-token": wrong_token,
}
