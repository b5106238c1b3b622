"""Clusters and what belongs to them: created, listed over two pages, updated, read and deleted with the vendor's SDK."""

import base64

from databricks.sdk.errors import BadRequest, DatabricksError, NotFound
from databricks.sdk.service import compute

from expect import equal, holds, refused


def clusters(w):
    spark = w.clusters.select_spark_version(long_term_support=True)
    node = w.clusters.select_node_type(local_disk=True)
    names = ["judge", "judge", "judge-3"]  # names are not unique
    ids = [
        w.clusters.create(
            cluster_name=name, spark_version=spark, node_type_id=node, num_workers=1, autotermination_minutes=30
        ).cluster_id
        for name in names
    ]
    equal(len(set(ids)), 3, "ids of clusters")
    seen = [c.cluster_id for c in w.clusters.list(page_size=2)]
    equal(len(seen), len(set(seen)), "clusters over pages")
    holds(set(ids) <= set(seen), "every new cluster is listed")
    w.clusters.delete_and_wait(ids[0])
    equal(w.clusters.get(ids[0]).state, compute.State.TERMINATED, "state after delete")
    w.clusters.ensure_cluster_is_running(ids[0])
    w.clusters.delete_and_wait(ids[0])
    w.clusters.edit(
        ids[0], spark, cluster_name="judge-edited", node_type_id=node,
        autoscale=compute.AutoScale(min_workers=1, max_workers=3), spark_conf={"spark.speculation": "true"},
    )
    read = w.clusters.get(ids[0])
    equal(read.cluster_name, "judge-edited", "name after edit")
    equal(read.autoscale.max_workers, 3, "autoscale after edit")
    equal(read.num_workers, None, "workers of an autoscaled cluster")
    equal(read.spec.spark_conf, {"spark.speculation": "true"}, "spec after edit")
    w.clusters.pin(ids[0])
    pinned = w.clusters.list(filter_by=compute.ListClustersFilterBy(is_pinned=True))
    holds(ids[0] in [c.cluster_id for c in pinned], "a pinned cluster is listed as pinned")
    refused(DatabricksError, lambda: w.clusters.permanent_delete(ids[0]), "a pinned cluster is not deleted")
    w.clusters.unpin(ids[0])
    for cluster_id in ids:
        w.clusters.permanent_delete(cluster_id)
    refused(DatabricksError, lambda: w.clusters.get(ids[0]), "a deleted cluster is gone")


def libraries(w):
    spark = w.clusters.select_spark_version(long_term_support=True)
    node = w.clusters.select_node_type(local_disk=True)
    cluster_id = w.clusters.create(
        cluster_name="judge-libraries", spark_version=spark, node_type_id=node, num_workers=1
    ).cluster_id
    wheel = compute.Library(whl="/Workspace/Shared/judge-1.0-py3-none-any.whl")
    pypi = compute.Library(pypi=compute.PythonPyPiLibrary(package="simplejson==3.19.2"))
    w.libraries.install(cluster_id, [wheel, pypi])
    seen = [s.library for s in w.libraries.cluster_status(cluster_id)]
    holds(wheel in seen and pypi in seen, "installed libraries are listed")
    holds(cluster_id in [s.cluster_id for s in w.libraries.all_cluster_statuses()], "the cluster is among all statuses")
    w.libraries.uninstall(cluster_id, [pypi])
    states = {s.library.whl or s.library.pypi.package: s.status for s in w.libraries.cluster_status(cluster_id)}
    equal(
        states.get("simplejson==3.19.2", compute.LibraryInstallStatus.UNINSTALL_ON_RESTART),
        compute.LibraryInstallStatus.UNINSTALL_ON_RESTART, "an uninstalled library goes at the next start",
    )
    w.clusters.permanent_delete(cluster_id)


def instance_pools(w):
    node = w.clusters.select_node_type(local_disk=True)
    pool = w.instance_pools.create(
        "judge-pool", node, min_idle_instances=2, max_capacity=5, idle_instance_autotermination_minutes=15,
        custom_tags={"team": "judges"},
    ).instance_pool_id
    refused(DatabricksError, lambda: w.instance_pools.create("judge-pool", node), "names of pools are unique")
    holds(pool in [p.instance_pool_id for p in w.instance_pools.list()], "the pool is listed")
    w.instance_pools.edit(pool, "judge-pool-2", node, min_idle_instances=0, max_capacity=5)
    read = w.instance_pools.get(pool)
    equal((read.instance_pool_name, read.min_idle_instances), ("judge-pool-2", 0), "pool after edit")
    refused(
        BadRequest, lambda: w.instance_pools.edit(pool, "judge-pool-2", node + "_other"), "the node type is immutable"
    )
    w.instance_pools.delete(pool)
    refused(DatabricksError, lambda: w.instance_pools.get(pool), "a deleted pool is gone")


def policies(w):
    definition = '{"autotermination_minutes":{"type":"range","maxValue":60,"defaultValue":20}}'
    policy = w.cluster_policies.create(
        name="judge-policy", definition=definition, description="for the judges", max_clusters_per_user=3
    ).policy_id
    refused(DatabricksError, lambda: w.cluster_policies.create(name="judge-policy", definition="{}"), "names are unique")
    holds(policy in [p.policy_id for p in w.cluster_policies.list()], "the policy is listed")
    equal(w.cluster_policies.get(policy).definition, definition, "the definition comes back as it was sent")
    spark = w.clusters.select_spark_version(long_term_support=True)
    node = w.clusters.select_node_type(local_disk=True)
    refused(
        BadRequest,
        lambda: w.clusters.create(
            spark_version=spark, node_type_id=node, num_workers=1, policy_id=policy, autotermination_minutes=600
        ),
        "the policy forbids such a cluster",
    )
    family = next(iter(w.policy_families.list(max_results=1)))
    w.cluster_policies.edit(
        policy, name="judge-policy-2", policy_family_id=family.policy_family_id,
        policy_family_definition_overrides='{"autotermination_minutes":{"type":"fixed","value":10}}',
    )
    read = w.cluster_policies.get(policy)
    equal((read.name, read.policy_family_id), ("judge-policy-2", family.policy_family_id), "policy after edit")
    w.cluster_policies.delete(policy)
    refused(DatabricksError, lambda: w.cluster_policies.get(policy), "a deleted policy is gone")


def global_init_scripts(w):
    script = base64.b64encode(b"#!/bin/bash\necho judged\n").decode()
    first = w.global_init_scripts.create("judge-1", script, enabled=False).script_id
    second = w.global_init_scripts.create("judge-2", script, enabled=False, position=0).script_id
    order = [s.script_id for s in sorted(w.global_init_scripts.list(), key=lambda s: s.position)]
    equal(order[0], second, "the script at position 0")
    w.global_init_scripts.update(first, "judge-1b", script, enabled=True)
    read = w.global_init_scripts.get(first)
    equal((read.name, read.enabled, read.script), ("judge-1b", True, script), "script after update")
    w.global_init_scripts.delete(first)
    w.global_init_scripts.delete(second)
    refused(NotFound, lambda: w.global_init_scripts.get(first), "a deleted script is gone")


def commands(w):
    spark = w.clusters.select_spark_version(long_term_support=True)
    node = w.clusters.select_node_type(local_disk=True)
    cluster_id = w.clusters.create_and_wait(
        cluster_name="judge-commands", spark_version=spark, node_type_id=node, num_workers=1
    ).cluster_id
    context = w.command_execution.create_and_wait(cluster_id=cluster_id, language=compute.Language.SQL)
    done = w.command_execution.execute_and_wait(
        cluster_id=cluster_id, context_id=context.id, language=compute.Language.SQL, command="SHOW GRANTS ON CATALOG"
    )
    equal(done.results.result_type, compute.ResultType.TABLE, "grants come as a table")
    failed = w.command_execution.execute_and_wait(
        cluster_id=cluster_id, context_id=context.id, language=compute.Language.SQL, command="SELECT 42"
    )
    equal(failed.results.result_type, compute.ResultType.ERROR, "anything else fails")
    w.command_execution.destroy(cluster_id, context.id)
    w.clusters.permanent_delete(cluster_id)


KINDS = {
    "clusters": clusters,
    "libraries": libraries,
    "instance-pools": instance_pools,
    "cluster-policies": policies,
    "global-init-scripts": global_init_scripts,
    "commands": commands,
}
