"""Unity Catalog, with the vendor's SDK."""

from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import catalog as api

from expect import equal, holds, refused


def make_storage(w):
    w.storage_credentials.create(
        "judge-credential",
        azure_managed_identity=api.AzureManagedIdentityRequest(
            access_connector_id="/subscriptions/0/resourceGroups/rg/providers/Microsoft.Databricks/accessConnectors/judge"
        ),
    )
    w.external_locations.create("judge-location", "abfss://judge@lake.test/", "judge-credential")


def drop_storage(w):
    w.external_locations.delete("judge-location")
    w.storage_credentials.delete("judge-credential")


def metastore(w):
    assigned = w.metastores.current()
    equal(w.metastores.summary().metastore_id, assigned.metastore_id, "the assigned metastore")
    equal(w.metastores.get(assigned.metastore_id).metastore_id, assigned.metastore_id, "metastore by id")


def storage_credentials(w):
    make_storage(w)
    holds("judge-credential" in [c.name for c in w.storage_credentials.list(max_results=1)], "credentials over pages")
    w.storage_credentials.update("judge-credential", comment="edited", read_only=True)
    read = w.storage_credentials.get("judge-credential")
    equal((read.comment, read.read_only), ("edited", True), "credential after update")
    refused(DatabricksError, lambda: w.storage_credentials.delete("judge-credential"), "a location uses it")
    drop_storage(w)
    refused(DatabricksError, lambda: w.storage_credentials.get("judge-credential"), "a deleted credential is gone")


def external_locations(w):
    make_storage(w)
    holds("judge-location" in [x.name for x in w.external_locations.list(max_results=1)], "locations over pages")
    w.external_locations.update("judge-location", comment="edited", owner="admins")
    read = w.external_locations.get("judge-location")
    equal((read.comment, read.owner, read.credential_name), ("edited", "admins", "judge-credential"), "after update")
    drop_storage(w)
    refused(DatabricksError, lambda: w.external_locations.get("judge-location"), "a deleted location is gone")


def connections(w):
    w.connections.create(
        "judge-connection", api.ConnectionType.POSTGRESQL,
        {"host": "db.test", "port": "5432", "user": "reader", "password": "secret"}, comment="judged",
    )
    read = w.connections.get("judge-connection")
    equal(read.options.get("host"), "db.test", "options of a connection")
    holds("password" not in read.options, "a password never comes back")
    w.connections.update("judge-connection", {"host": "db2.test"}, owner="admins")
    equal(w.connections.get("judge-connection").owner, "admins", "connection after update")
    holds("judge-connection" in [c.name for c in w.connections.list(max_results=1)], "connections over pages")
    w.connections.delete("judge-connection")
    refused(DatabricksError, lambda: w.connections.get("judge-connection"), "a deleted connection is gone")


def catalogs(w):
    names = [f"judge_{n}" for n in range(3)]
    for name in names:
        w.catalogs.create(name, comment="judged", properties={"team": "judges"})
    refused(DatabricksError, lambda: w.catalogs.create("judge_0"), "names of catalogs are unique")
    seen = [c.name for c in w.catalogs.list(max_results=2)]
    holds(set(names) <= set(seen) and len(seen) == len(set(seen)), "catalogs over pages")
    w.catalogs.update("judge_0", owner="admins", isolation_mode=api.CatalogIsolationMode.ISOLATED)
    equal(w.catalogs.get("judge_0").owner, "admins", "catalog after update")
    here = w.get_workspace_id()
    w.workspace_bindings.update_bindings(
        "catalog", "judge_0",
        add=[api.WorkspaceBinding(here, binding_type=api.WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY)],
    )
    holds(here in [b.workspace_id for b in w.workspace_bindings.get_bindings("catalog", "judge_0")], "bindings")
    for name in names:
        w.catalogs.delete(name, force=True)
    refused(DatabricksError, lambda: w.catalogs.get("judge_0"), "a deleted catalog is gone")


def schemas(w):
    w.catalogs.create("judge_s")
    for name in ("a", "b", "c"):
        w.schemas.create(name, "judge_s")
    seen = [s.name for s in w.schemas.list("judge_s", max_results=2)]
    holds({"a", "b", "c"} <= set(seen) and len(seen) == len(set(seen)), "schemas over pages")
    w.schemas.update("judge_s.a", comment="edited")
    equal(w.schemas.get("judge_s.a").comment, "edited", "schema after update")
    refused(DatabricksError, lambda: w.catalogs.delete("judge_s"), "a catalog that is not empty stays")
    w.schemas.delete("judge_s.a")
    refused(DatabricksError, lambda: w.schemas.get("judge_s.a"), "a deleted schema is gone")
    w.catalogs.delete("judge_s", force=True)


def volumes(w):
    w.catalogs.create("judge_v")
    w.schemas.create("s", "judge_v")
    for name in ("a", "b", "c"):
        w.volumes.create("judge_v", "s", name, api.VolumeType.MANAGED)
    seen = [v.name for v in w.volumes.list("judge_v", "s", max_results=2)]
    equal(sorted(seen), ["a", "b", "c"], "volumes over pages")
    w.volumes.update("judge_v.s.a", comment="edited")
    equal(w.volumes.read("judge_v.s.a").comment, "edited", "volume after update")
    w.volumes.delete("judge_v.s.a")
    refused(DatabricksError, lambda: w.volumes.read("judge_v.s.a"), "a deleted volume is gone")
    w.catalogs.delete("judge_v", force=True)


def tables(w):
    w.catalogs.create("judge_t")
    w.schemas.create("s", "judge_t")
    columns = [api.ColumnInfo(name="id", type_text="bigint", type_name=api.ColumnTypeName.LONG, position=0)]
    for name in ("a", "b", "c"):
        w.tables.create(
            name, "judge_t", "s", api.TableType.EXTERNAL, api.DataSourceFormat.DELTA, f"abfss://judge@lake.test/{name}",
            columns=columns,
        )
    seen = [t.name for t in w.tables.list("judge_t", "s", max_results=2)]
    equal(sorted(seen), ["a", "b", "c"], "tables over pages")
    equal(w.tables.get("judge_t.s.a").columns[0].name, "id", "columns")
    w.tables.update("judge_t.s.a", owner="admins")
    equal(w.tables.get("judge_t.s.a").owner, "admins", "table after update")
    w.tables.delete("judge_t.s.a")
    equal(w.tables.exists("judge_t.s.a").table_exists, False, "a deleted table is gone")
    w.catalogs.delete("judge_t", force=True)


def functions(w):
    w.catalogs.create("judge_f")
    w.schemas.create("s", "judge_f")
    w.functions.create(
        api.CreateFunction(
            name="twice", catalog_name="judge_f", schema_name="s", data_type=api.ColumnTypeName.INT,
            full_data_type="INT", is_deterministic=True, is_null_call=False, parameter_style="S",
            routine_body="SQL", routine_definition="x * 2", security_type="DEFINER", specific_name="twice",
            sql_data_access="CONTAINS_SQL", input_params=api.FunctionParameterInfos(),
        )
        if not hasattr(api, "CreateFunctionRoutineBody")
        else api.CreateFunction(
            name="twice", catalog_name="judge_f", schema_name="s", data_type=api.ColumnTypeName.INT,
            full_data_type="INT", is_deterministic=True, is_null_call=False,
            parameter_style=api.CreateFunctionParameterStyle.S, routine_body=api.CreateFunctionRoutineBody.SQL,
            routine_definition="x * 2", security_type=api.CreateFunctionSecurityType.DEFINER, specific_name="twice",
            sql_data_access=api.CreateFunctionSqlDataAccess.CONTAINS_SQL, input_params=api.FunctionParameterInfos(),
        )
    )
    equal([f.name for f in w.functions.list("judge_f", "s")], ["twice"], "functions")
    equal(w.functions.get("judge_f.s.twice").routine_definition, "x * 2", "definition")
    w.functions.update("judge_f.s.twice", owner="admins")
    equal(w.functions.get("judge_f.s.twice").owner, "admins", "function after update")
    w.functions.delete("judge_f.s.twice")
    refused(DatabricksError, lambda: w.functions.get("judge_f.s.twice"), "a deleted function is gone")
    w.catalogs.delete("judge_f", force=True)


def grants(w):
    w.catalogs.create("judge_g")
    changed = w.grants.update(
        "CATALOG", "judge_g",
        changes=[api.PermissionsChange(principal="users", add=[api.Privilege.USE_CATALOG, api.Privilege.BROWSE])],
    )
    equal(len(changed.privilege_assignments), 1, "grants after PATCH")
    w.grants.update(
        "CATALOG", "judge_g", changes=[api.PermissionsChange(principal="users", remove=[api.Privilege.BROWSE])]
    )
    read = w.grants.get("CATALOG", "judge_g").privilege_assignments
    equal([(g.principal, g.privileges) for g in read], [("users", [api.Privilege.USE_CATALOG])], "grants")
    w.catalogs.delete("judge_g", force=True)


def tags(w):
    w.catalogs.create("judge_tags")
    for key in ("a", "b", "c"):
        w.entity_tag_assignments.create(
            api.EntityTagAssignment(entity_type="catalogs", entity_name="judge_tags", tag_key=key, tag_value="1")
        )
    seen = [t.tag_key for t in w.entity_tag_assignments.list("catalogs", "judge_tags", max_results=2)]
    equal(sorted(seen), ["a", "b", "c"], "tags over pages")
    w.entity_tag_assignments.update(
        "catalogs",
        "judge_tags",
        "b",
        api.EntityTagAssignment(entity_type="catalogs", entity_name="judge_tags", tag_key="b", tag_value="2"),
        update_mask="tag_value",
    )
    equal(w.entity_tag_assignments.get("catalogs", "judge_tags", "b").tag_value, "2", "a tag of another value")
    w.entity_tag_assignments.delete("catalogs", "judge_tags", "a")
    refused(DatabricksError, lambda: w.entity_tag_assignments.get("catalogs", "judge_tags", "a"), "a deleted tag is gone")
    w.catalogs.delete("judge_tags", force=True)


KINDS = {
    "metastore-assignment": metastore,
    "storage-credentials": storage_credentials,
    "external-locations": external_locations,
    "connections": connections,
    "catalogs": catalogs,
    "schemas": schemas,
    "volumes": volumes,
    "tables": tables,
    "functions": functions,
    "grants": grants,
    "tags": tags,
}
