import io

from databricks.sdk.errors import NotFound


def dbfs(w):
    content = bytes(range(256)) * 10_000  # more than can be read or written at once
    with w.dbfs.open("/judged/deep/f.bin", write=True, overwrite=True) as out:
        out.write(content)
    with w.dbfs.open("/judged/deep/f.bin", read=True) as stream:
        assert stream.read() == content
    w.dbfs.upload("/judged/g.txt", io.BytesIO(b"one"))
    w.dbfs.upload("/judged/g.txt", io.BytesIO(b"two"), overwrite=True)
    with w.dbfs.download("/judged/g.txt") as stream:
        assert stream.read() == b"two"
    names = sorted(each.path for each in w.dbfs.list("/judged", recursive=True))
    assert names == ["/judged/deep/f.bin", "/judged/g.txt"], names
    w.dbfs.move_("/judged/g.txt", "/judged/h.txt")
    assert w.dbfs.get_status("/judged/h.txt").file_size == 3
    w.dbfs.delete("/judged", recursive=True)
    try:
        w.dbfs.get_status("/judged")
        raise AssertionError("it is still there")
    except NotFound:
        pass


KINDS = {
    "dbfs-files": dbfs,
}
