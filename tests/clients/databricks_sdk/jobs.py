"""Jobs and pipelines, with the vendor's SDK."""

from databricks.sdk.errors import DatabricksError, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import jobs as api
from databricks.sdk.service import pipelines as pipeline_api

from expect import equal, holds, refused


def task(number):
    return api.Task(
        task_key=f"t{number:03}", notebook_task=api.NotebookTask(notebook_path="/Shared/judge"),
        environment_key=None, existing_cluster_id="0000-000000-judge000",
    )


def jobs(w):
    schedule = api.CronSchedule("0 0 3 * * ?", "Europe/Berlin", api.PauseStatus.PAUSED)
    ids = [
        w.jobs.create(name="judge", tasks=[task(0)], schedule=schedule, tags={"judge": "yes"}).job_id for _ in range(2)
    ]
    big = w.jobs.create(name="judge-big", tasks=[task(n) for n in range(250)]).job_id
    equal(len({*ids, big}), 3, "ids of jobs, two of one name")
    seen = [j.job_id for j in w.jobs.list(limit=2)]
    equal(len(seen), len(set(seen)), "jobs over pages")
    holds({*ids, big} <= set(seen), "every new job is listed")
    equal({j.job_id for j in w.jobs.list(name="judge")}, set(ids), "jobs by name")
    equal(len(w.jobs.get(big).settings.tasks), 250, "tasks over the pages of jobs/get")
    listed = [j for j in w.jobs.list(name="judge-big", expand_tasks=True)]
    equal(len(listed[0].settings.tasks), 250, "tasks of an expanded list")
    w.jobs.update(ids[0], new_settings=api.JobSettings(max_concurrent_runs=4), fields_to_remove=["schedule"])
    read = w.jobs.get(ids[0]).settings
    equal((read.max_concurrent_runs, read.schedule, read.name), (4, None, "judge"), "job after update")
    w.jobs.reset(ids[0], api.JobSettings(name="judge-reset", tasks=[task(1)]))
    read = w.jobs.get(ids[0]).settings
    equal((read.name, read.tags), ("judge-reset", None), "job after reset")
    refused(PermissionDenied, lambda: w.jobs.reset(77, api.JobSettings(name="x")), "reset of an unknown job")
    run = w.jobs.run_now(ids[0]).response.run_id
    holds(run in [r.run_id for r in w.jobs.list_runs(job_id=ids[0])], "the run is listed")
    w.jobs.cancel_run(run)
    for job in (*ids, big):
        w.jobs.delete(job)
    refused(ResourceDoesNotExist, lambda: w.jobs.get(ids[0]), "the SDK knows this 400 for a 404")


def pipelines(w):
    library = pipeline_api.PipelineLibrary(notebook=pipeline_api.NotebookLibrary(path="/Shared/judge"))
    ids = [
        w.pipelines.create(name=f"judge-{n}", libraries=[library], continuous=False, development=True).pipeline_id
        for n in range(3)
    ]
    refused(DatabricksError, lambda: w.pipelines.create(name="judge-0", libraries=[library]), "names are unique")
    twin = w.pipelines.create(name="judge-0", libraries=[library], allow_duplicate_names=True).pipeline_id
    seen = [p.pipeline_id for p in w.pipelines.list_pipelines(max_results=2)]
    equal(len(seen), len(set(seen)), "pipelines over pages")
    holds({*ids, twin} <= set(seen), "every new pipeline is listed")
    equal(w.pipelines.get(ids[0]).spec.storage, f"dbfs:/pipelines/{ids[0]}", "default storage holds the own id")
    w.pipelines.update(ids[0], name="judge-edited", libraries=[library], configuration={"k": "v"})
    read = w.pipelines.get(ids[0])
    equal((read.name, read.spec.configuration), ("judge-edited", {"k": "v"}), "pipeline after update")
    update = w.pipelines.start_update(ids[0]).update_id
    equal(w.pipelines.get_update(ids[0], update).update.update_id, update, "the update that was started")
    w.pipelines.stop_and_wait(ids[0])
    for pipeline in (*ids, twin):
        w.pipelines.delete(pipeline)
    refused(DatabricksError, lambda: w.pipelines.get(ids[0]), "a deleted pipeline is gone")


KINDS = {
    "jobs": jobs,
    "pipelines": pipelines,
}
