"""Databricks SQL and dashboards, with the vendor's SDK."""

from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import dashboards as dashboard_api
from databricks.sdk.service import sql as api

from expect import equal, holds, refused


def make_warehouse(w, name):
    return w.warehouses.create(
        name=name, cluster_size="Small", min_num_clusters=1, max_num_clusters=1, auto_stop_mins=10,
        enable_photon=True, warehouse_type=api.CreateWarehouseRequestWarehouseType.PRO,
    ).id


def warehouses(w):
    ids = [make_warehouse(w, f"judge-{n}") for n in range(3)]
    refused(DatabricksError, lambda: make_warehouse(w, "judge-0"), "names of warehouses are unique")
    seen = [x.id for x in w.warehouses.list(page_size=2)]
    equal(len(seen), len(set(seen)), "warehouses over pages")
    holds(set(ids) <= set(seen), "every new warehouse is listed")
    w.warehouses.stop_and_wait(ids[0])
    w.warehouses.edit(ids[0], name="judge-edited", cluster_size="Medium", auto_stop_mins=0, max_num_clusters=2)
    read = w.warehouses.get(ids[0])
    equal((read.name, read.cluster_size, read.auto_stop_mins), ("judge-edited", "Medium", 0), "warehouse after edit")
    refused(
        DatabricksError, lambda: w.warehouses.edit(ids[0], name="judge-edited", auto_stop_mins=5), "5 minutes are too few"
    )
    for warehouse in ids:
        w.warehouses.delete(warehouse)
    refused(DatabricksError, lambda: w.warehouses.get(ids[0]), "a deleted warehouse is gone")


def warehouse_config(w):
    before = w.warehouses.get_workspace_warehouse_config()
    pair = api.EndpointConfPair(key="spark.sql.ansi.enabled", value="true")
    w.warehouses.set_workspace_warehouse_config(
        data_access_config=[pair], security_policy=api.SetWorkspaceWarehouseConfigRequestSecurityPolicy.DATA_ACCESS_CONTROL
    )
    equal(w.warehouses.get_workspace_warehouse_config().data_access_config, [pair], "configuration after PUT")
    w.warehouses.set_workspace_warehouse_config(
        data_access_config=before.data_access_config,
        security_policy=api.SetWorkspaceWarehouseConfigRequestSecurityPolicy.DATA_ACCESS_CONTROL,
    )


def queries(w):
    warehouse = make_warehouse(w, "judge-queries")
    made = [
        w.queries.create(
            query=api.CreateQueryRequestQuery(display_name=f"judge-{n}", query_text="SELECT 1", warehouse_id=warehouse)
        )
        for n in range(3)
    ]
    seen = [q.id for q in w.queries.list(page_size=2)]
    equal(len(seen), len(set(seen)), "queries over pages")
    holds({q.id for q in made} <= set(seen), "every new query is listed")
    w.queries.update(
        made[0].id, "display_name", query=api.UpdateQueryRequestQuery(display_name="judge-edited", query_text="ignored")
    )
    read = w.queries.get(made[0].id)
    equal((read.display_name, read.query_text), ("judge-edited", "SELECT 1"), "only what the mask names changes")
    shown = w.query_visualizations.create(
        visualization=api.CreateVisualizationRequestVisualization(
            display_name="table", query_id=made[0].id, type="TABLE", serialized_options="{}"
        )
    )
    holds(shown.id in [v.id for v in w.queries.list_visualizations(made[0].id)], "the visualisation is listed")
    for query in made:
        w.queries.delete(query.id)
    equal(w.queries.get(made[0].id).lifecycle_state, api.LifecycleState.TRASHED, "delete moves to the trash")
    w.warehouses.delete(warehouse)


def alerts(w):
    warehouse = make_warehouse(w, "judge-alerts")
    query = w.queries.create(
        query=api.CreateQueryRequestQuery(display_name="judge-alert", query_text="SELECT 1 AS n", warehouse_id=warehouse)
    ).id
    condition = api.AlertCondition(
        op=api.AlertOperator.GREATER_THAN,
        operand=api.AlertConditionOperand(column=api.AlertOperandColumn(name="n")),
        threshold=api.AlertConditionThreshold(value=api.AlertOperandValue(double_value=0)),
    )
    made = [
        w.alerts.create(alert=api.CreateAlertRequestAlert(display_name=f"judge-{n}", query_id=query, condition=condition))
        for n in range(3)
    ]
    seen = [a.id for a in w.alerts.list(page_size=2)]
    holds({a.id for a in made} <= set(seen) and len(seen) == len(set(seen)), "alerts over pages")
    w.alerts.update(made[0].id, "display_name", alert=api.UpdateAlertRequestAlert(display_name="judge-edited"))
    equal(w.alerts.get(made[0].id).display_name, "judge-edited", "alert after update")
    for alert in made:
        w.alerts.delete(alert.id)
    w.queries.delete(query)
    w.warehouses.delete(warehouse)


def alerts_v2(w):
    warehouse = make_warehouse(w, "judge-alerts-v2")

    def alert(name):
        return api.AlertV2(
            display_name=name, query_text="SELECT 1 AS n", warehouse_id=warehouse,
            evaluation=api.AlertV2Evaluation(
                source=api.AlertV2OperandColumn(name="n"), comparison_operator=api.ComparisonOperator.GREATER_THAN,
                threshold=api.AlertV2Operand(value=api.AlertV2OperandValue(double_value=0)),
            ),
            schedule=api.CronSchedule("0 0 6 * * ?", "UTC", api.SchedulePauseStatus.PAUSED),
        )

    ids = [w.alerts_v2.create_alert(alert(f"judge-{n}")).id for n in range(3)]
    seen = [a.id for a in w.alerts_v2.list_alerts(page_size=2)]
    holds(set(ids) <= set(seen) and len(seen) == len(set(seen)), "alerts over pages")
    w.alerts_v2.update_alert(ids[0], alert("judge-edited"), "display_name")
    equal(w.alerts_v2.get_alert(ids[0]).display_name, "judge-edited", "alert after update")
    for one in ids:
        w.alerts_v2.trash_alert(one)
    equal(w.alerts_v2.get_alert(ids[0]).lifecycle_state, api.AlertLifecycleState.DELETED, "a trashed alert says so")
    w.warehouses.delete(warehouse)


def dashboards(w):
    warehouse = make_warehouse(w, "judge-dashboards")
    made = [
        w.lakeview.create(
            dashboard_api.Dashboard(display_name=f"judge-{n}", serialized_dashboard='{"pages":[]}', warehouse_id=warehouse)
        )
        for n in range(3)
    ]
    one = made[0].dashboard_id
    seen = [d.dashboard_id for d in w.lakeview.list(page_size=2)]
    holds({d.dashboard_id for d in made} <= set(seen) and len(seen) == len(set(seen)), "dashboards over pages")
    w.lakeview.update(one, dashboard_api.Dashboard(display_name="judge-edited", etag=made[0].etag))
    equal(w.lakeview.get(one).display_name, "judge-edited", "dashboard after update")
    w.lakeview.publish(one, embed_credentials=False, warehouse_id=warehouse)
    equal(w.lakeview.get_published(one).warehouse_id, warehouse, "published with a warehouse")
    cron = dashboard_api.CronSchedule("0 0 7 * * ?", "UTC")
    schedule = w.lakeview.create_schedule(
        one, dashboard_api.Schedule(cron_schedule=cron, pause_status=dashboard_api.SchedulePauseStatus.PAUSED)
    )
    holds(schedule.schedule_id in [s.schedule_id for s in w.lakeview.list_schedules(one)], "the schedule is listed")
    me = int(w.current_user.me().id)
    w.lakeview.create_subscription(
        one, schedule.schedule_id,
        dashboard_api.Subscription(
            dashboard_api.Subscriber(user_subscriber=dashboard_api.SubscriptionSubscriberUser(user_id=me))
        ),
    )
    equal(len(list(w.lakeview.list_subscriptions(one, schedule.schedule_id))), 1, "subscriptions")
    w.lakeview.delete_schedule(one, schedule.schedule_id)
    w.lakeview.unpublish(one)
    refused(DatabricksError, lambda: w.lakeview.get_published(one), "nothing is published any more")
    for dashboard in made:
        w.lakeview.trash(dashboard.dashboard_id)
    equal(w.lakeview.get(one).lifecycle_state, dashboard_api.LifecycleState.TRASHED, "a trashed dashboard says so")
    w.warehouses.delete(warehouse)


def legacy_dashboards(w):
    for dashboard in w.dashboards.list(page_size=1):
        equal(w.dashboards.get(dashboard.id).name, dashboard.name, "legacy dashboard by id")


KINDS = {
    "warehouses": warehouses,
    "warehouse-settings": warehouse_config,
    "queries": queries,
    "alerts": alerts,
    "alerts-v2": alerts_v2,
    "dashboards": dashboards,
    "legacy-dashboards": legacy_dashboards,
}
