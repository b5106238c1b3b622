"""MLflow's metadata and serving endpoints, with the vendor's SDK."""

from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import ml as api
from databricks.sdk.service import serving as serving_api

from expect import equal, holds, refused


def experiments(w):
    ids = [
        w.experiments.create_experiment(f"/Shared/judge-{n}", tags=[api.ExperimentTag("team", "judges")]).experiment_id
        for n in range(3)
    ]
    refused(DatabricksError, lambda: w.experiments.create_experiment("/Shared/judge-0"), "names are unique")
    seen = [e.experiment_id for e in w.experiments.list_experiments(max_results=2)]
    holds(set(ids) <= set(seen) and len(seen) == len(set(seen)), "experiments over pages")
    searched = [e.experiment_id for e in w.experiments.search_experiments(max_results=2)]
    holds(set(ids) <= set(searched), "experiments by search, over pages")
    w.experiments.update_experiment(ids[0], new_name="/Shared/judge-edited")
    w.experiments.set_experiment_tag(ids[0], "team", "others")
    read = w.experiments.get_experiment(ids[0]).experiment
    equal((read.name, {t.key: t.value for t in read.tags}["team"]), ("/Shared/judge-edited", "others"), "after update")
    equal(w.experiments.get_by_name("/Shared/judge-1").experiment.experiment_id, ids[1], "experiment by name")
    for experiment in ids:
        w.experiments.delete_experiment(experiment)
    equal(w.experiments.get_experiment(ids[0]).experiment.lifecycle_stage, "deleted", "a deleted experiment says so")


def registered_models(w):
    names = [f"judge-{n}" for n in range(3)]
    for name in names:
        w.model_registry.create_model(name, description="judged", tags=[api.ModelTag("team", "judges")])
    refused(DatabricksError, lambda: w.model_registry.create_model("judge-0"), "names of models are unique")
    seen = [m.name for m in w.model_registry.list_models(max_results=2)]
    holds(set(names) <= set(seen) and len(seen) == len(set(seen)), "models over pages")
    w.model_registry.update_model("judge-0", description="edited")
    w.model_registry.create_model_version("judge-0", "dbfs:/models/judge/1")
    read = w.model_registry.get_model("judge-0").registered_model_databricks
    equal((read.description, len(read.latest_versions)), ("edited", 1), "model after update")
    found = list(w.model_registry.search_model_versions(filter="name='judge-0'"))
    equal([v.version for v in found], ["1"], "versions by search")
    for name in names:
        w.model_registry.delete_model(name)
    refused(DatabricksError, lambda: w.model_registry.get_model("judge-0"), "a deleted model is gone")


def serving_endpoints(w):
    def config(name):
        entity = serving_api.ServedEntityInput(
            entity_name="judge-model", entity_version="1", workload_size="Small", scale_to_zero_enabled=True,
            environment_vars={"PLAIN": "1", "TOKEN": "{{secrets/judge/token}}"},
        )
        return serving_api.EndpointCoreConfigInput(name=name, served_entities=[entity])

    names = [f"judge-{n}" for n in range(3)]
    for name in names:
        w.serving_endpoints.create_and_wait(name, config=config(name), tags=[serving_api.EndpointTag("team", "judges")])
    refused(DatabricksError, lambda: w.serving_endpoints.create("judge-0", config=config("judge-0")), "unique names")
    holds(set(names) <= {e.name for e in w.serving_endpoints.list()}, "every new endpoint is listed")
    w.serving_endpoints.update_config_and_wait(
        "judge-0",
        served_entities=[
            serving_api.ServedEntityInput(
                entity_name="judge-model", entity_version="2", workload_size="Small", scale_to_zero_enabled=True
            )
        ],
    )
    w.serving_endpoints.patch("judge-0", add_tags=[serving_api.EndpointTag("stage", "b")], delete_tags=["team"])
    read = w.serving_endpoints.get("judge-0")
    equal(read.config.served_entities[0].entity_version, "2", "version after the update")
    equal([t.key for t in read.tags], ["stage"], "tags after PATCH")
    for name in names:
        w.serving_endpoints.delete(name)
    refused(DatabricksError, lambda: w.serving_endpoints.get("judge-0"), "a deleted endpoint is gone")


KINDS = {
    "experiments": experiments,
    "registered-models": registered_models,
    "serving-endpoints": serving_endpoints,
}
