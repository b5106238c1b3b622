import base64
import io

from databricks.sdk.errors import DatabricksError, NotFound
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType


def notebooks(w):
    w.workspace.mkdirs("/Shared/judged/deeper")
    for number in range(3):
        w.workspace.import_(
            f"/Shared/judged/n{number}",
            content=base64.b64encode(b"print(1)\n").decode(),
            format=ImportFormat.SOURCE,
            language=Language.PYTHON,
        )
    listed = {each.path: each for each in w.workspace.list("/Shared/judged", recursive=True)}
    assert sorted(listed) == ["/Shared/judged/n0", "/Shared/judged/n1", "/Shared/judged/n2"], listed
    assert listed["/Shared/judged/n0"].language == Language.PYTHON
    w.workspace.upload("/Shared/judged/n0", b"SELECT 1", format=ImportFormat.SOURCE, language=Language.SQL, overwrite=True)
    exported = w.workspace.export("/Shared/judged/n0", format=ExportFormat.SOURCE)
    assert base64.b64decode(exported.content) == b"-- Databricks notebook source\nSELECT 1", exported
    assert w.workspace.get_status("/Shared/judged/n0").object_type == ObjectType.NOTEBOOK
    w.workspace.delete("/Shared/judged", recursive=True)
    try:
        w.workspace.get_status("/Shared/judged")
        raise AssertionError("it is still there")
    except NotFound:
        pass


def files(w):
    content = bytes(range(256)) * 100
    w.workspace.upload("/Shared/judged.bin", io.BytesIO(content), format=ImportFormat.RAW)
    with w.workspace.download("/Shared/judged.bin", format=ExportFormat.AUTO) as stream:
        assert stream.read() == content
    assert w.workspace.get_status("/Shared/judged.bin").size == len(content)
    try:
        w.workspace.upload("/Shared/judged.bin", io.BytesIO(b"x"), format=ImportFormat.RAW)
        raise AssertionError("it was overwritten")
    except DatabricksError as error:
        assert error.error_code == "RESOURCE_ALREADY_EXISTS", error
    w.workspace.delete("/Shared/judged.bin")


def folders(w):
    counts = {}
    for each in w.workspace.list("/", recursive=True):
        counts[each.object_type] = counts.get(each.object_type, 0) + 1
    assert counts[ObjectType.NOTEBOOK] > 200, counts
    assert counts[ObjectType.REPO] == 4, counts


# No call of the SDK makes one: the workspace has it from old times.
def workspace_libraries(w):
    path = "/Shared/orders-1.4.jar"
    listed = {each.path: each.object_type for each in w.workspace.list("/Shared")}
    assert listed[path] == ObjectType.LIBRARY, listed
    assert w.workspace.get_status(path).object_type == ObjectType.LIBRARY
    for export_format in (ExportFormat.AUTO, ExportFormat.SOURCE):
        try:
            w.workspace.export(path, format=export_format)
            raise AssertionError("its bytes were given")
        except DatabricksError:
            pass
    w.workspace.delete(path)
    assert path not in [each.path for each in w.workspace.list("/Shared")]


def repos(w):
    made = [
        w.repos.create(url=f"https://git.example.test/judged/r{number}.git", provider="gitHub", path=f"/Shared/r{number}")
        for number in range(25)
    ]
    listed = [each.id for each in w.repos.list(path_prefix="/Shared")]
    assert sorted(listed) == sorted(each.id for each in made), "two pages"
    w.repos.update(made[0].id, branch="next")
    assert w.repos.get(made[0].id).branch == "next"
    for each in made:
        w.repos.delete(each.id)
    assert not list(w.repos.list(path_prefix="/Shared"))


def git_credentials(w):
    made = w.git_credentials.create("gitLab", git_username="judge", personal_access_token="x")
    w.git_credentials.update(made.credential_id, "gitLab", git_username="other")
    assert w.git_credentials.get(made.credential_id).git_username == "other"
    assert made.credential_id in [each.credential_id for each in w.git_credentials.list()]
    w.git_credentials.delete(made.credential_id)
    assert made.credential_id not in [each.credential_id for each in w.git_credentials.list()]


KINDS = {
    "notebooks": notebooks,
    "files": files,
    "folders": folders,
    "workspace-libraries": workspace_libraries,
    "repos": repos,
    "git-credentials": git_credentials,
}
