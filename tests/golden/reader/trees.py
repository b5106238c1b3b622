"""Trees, layers and row blocks: docs/format/trees.md, layers.md and blocks.md."""
import json
import struct
from collections import namedtuple

from primitives import MIB, Bytes, expect, mac, sized, varint

ROWS, NODE, OVERFLOW, ERASED = range(1, 5)  # kinds of blocks
INSERT, UPDATE, ERASE = range(3)  # what a row of a layer does

Layer = namedtuple("Layer", "height inserts updates erases bytes top hashed erase_key")
Entry = namedtuple("Entry", "first id rows bytes filter")
Tree = namedtuple("Tree", "name schema columns per_block per_node inherits layers delta rows bytes content completed stale")


def parse_entries(body):
    entries = body.many(lambda: Entry(body.sized(), body.raw(16), body.varint(), body.varint(), body.sized()))
    expect(all(a.first < b.first for a, b in zip(entries, entries[1:])), f"first keys in {body.what} do not ascend")
    return entries


def parse_layer(body):
    height, numbers = body.u8(), [body.varint() for _ in range(4)]
    expect(height <= 16, f"a layer of {body.what} is too high")
    top, hashed = parse_entries(body), parse_entries(body)
    return Layer(height, *numbers, top, hashed, body.raw(32) if hashed else b"")


def parse_range(body):
    return body.sized(), body.sized() if body.flag() else None


def parse_tree(body):
    expect(body.u8() == 1, f"{body.what} holds a tree of a later format")
    name, schema = body.text(), json.loads(body.text())
    columns, per_block, per_node, inherits = body.varint(), body.varint(), body.varint(), body.flag()
    expect(columns <= 64 and 0 < per_block <= 1 << 24 and 0 < per_node <= 1 << 24, f"a tree of {body.what} is out of bounds")
    layers, form = body.many(lambda: parse_layer(body)), body.u8()
    expect(form <= 2, f"{body.what} has a delta of unknown form")
    delta = parse_layer(body) if form == 1 else layers[-1] if form == 2 else None
    rows, size, low, high = body.varint(), body.varint(), body.u64(), body.u64()
    completed = body.many(lambda: parse_range(body))
    stale = body.many(lambda: (parse_range(body), body.instant() if body.flag() else None, body.text()))
    return Tree(name, schema, columns, per_block, per_node, inherits, layers, delta, rows, size, low + (high << 64), completed, stale)


def inherit(tree, below):
    expect(tree[2:5] == below[2:5], f"tree {tree.name} inherits from one of another shape")
    return tree._replace(layers=below.layers + ([tree.delta] if tree.delta else []))


def leaves(repository, height, entries, levels):
    """Entries of the row blocks, in order; `levels` collects the nodes of each height for the check."""
    levels.setdefault(height, []).append(entries)
    for entry in entries:
        if height == 0:
            yield entry
            continue
        node = Bytes(repository.block(entry.id, NODE), "a node")
        expect((node.u8(), node.u8()) == (1, height), "a node is of another format or height")
        below = parse_entries(node)
        node.end()
        expect(below and below[0].first == entry.first, "a node holds other keys than its parent says")
        yield from leaves(repository, height - 1, below, levels)


# Row blocks: blocks.md

def parse_rows(plain, columns):
    """A list of (op, mask, key, values); a value is None, bytes, or a tuple of size and ids that stands for overflow."""
    body = Bytes(plain, "a row block")
    expect(body.u8() == 1, "a row block is of a later format")
    rows = body.varint()
    expect(rows >= 1 and body.varint() == columns, "a row block has no rows, or other columns than its tree")
    shapes = body.many(lambda: parse_shape(body, columns))
    shape_of = [shapes[body.varint()] if len(shapes) > 1 else shapes[0] for _ in range(rows)]
    rests = body.many(body.sized)
    codes = [body.varint() for _ in range(rows)]
    heads = sum(code & 1 for code in codes)
    shared, further = [body.varint() for _ in range(heads)], [body.varint() for _ in range(heads)]
    head, keys = b"", []
    parts = iter([(keep, body.raw(size)) for keep, size in zip(shared, further)])
    for code in codes:
        if code & 1:
            keep, more = next(parts)
            head = head[:keep] + more
        keys.append(head + rests[code >> 1])
    expect(all(a < b for a, b in zip(keys, keys[1:])), "the keys of a row block do not ascend")
    group = [rests[code >> 1].split(b"\0\0")[0] for code in codes]
    grouped = sorted(range(rows), key=lambda row: group[row])  # stable
    values = [[None] * columns for _ in range(rows)]
    for column in range(columns):
        carried = [row for row in range(rows) if shape_of[row][1] >> column & 1]
        if carried:
            layout = body.u8()
            expect(layout <= 3, "a column has an unknown layout")
            order = [row for row in grouped if shape_of[row][1] >> column & 1] if layout & 1 else carried
            parsed = parse_ended(body, len(order)) if layout & 2 else parse_measured(body, len(order))
            for row, value in zip(order, parsed):
                values[row][column] = value
    body.end()
    return [(*shape_of[row], keys[row], values[row]) for row in range(rows)]


def parse_shape(body, columns):
    op = body.u8()
    expect(op <= ERASE, "a row does what no row can do")
    mask = ((1 << columns) - 1, 0, 0)[op] if op != UPDATE else body.varint()
    expect(mask >> columns == 0, "a row carries a column that is not there")
    return op, mask


def parse_ended(body, count):
    out = []
    for _ in range(count):
        if body.data[body.at:body.at + 1] == b"\1":
            body.raw(1)
            out.append(None)
            continue
        end = body.data.find(b"\0", body.at)
        expect(end >= 0, "a value does not end")
        out.append(body.raw(end - body.at))
        body.raw(1)
    return out


def parse_measured(body, count):
    def value(length):
        if length == 0:
            return None
        if length > 1:
            return body.raw(length - 2)
        size = body.varint()
        expect(size <= 16 * MIB, "a value is too large")
        return size, [body.raw(16) for _ in range((size + MIB - 1) // MIB)]
    return [value(length) for length in [body.varint() for _ in range(count)]]


def resolved(repository, value):
    if not isinstance(value, tuple):
        return value
    size, ids = value
    out = b"".join(repository.block(piece, OVERFLOW) for piece in ids)
    expect(len(out) == size, "an overflow value has another size than its row says")
    return out


def apply_layer(repository, tree, layer, rows):
    """Lays a layer over `rows`, a dictionary from key to values."""
    gone = set()
    for entry in layer.hashed:
        block = repository.block(entry.id, ERASED)
        hashes = [block[at:at + 16] for at in range(0, len(block), 16)]
        expect(len(hashes) == entry.rows and hashes[0] == entry.first and hashes == sorted(set(hashes)), "erased keys are wrong")
        gone.update(hashes)
    expect(not gone or layer.erase_key == repository.erase_key, "a layer names an erase key of its own")
    for key in [key for key in rows if gone and mac(layer.erase_key, key)[:16] in gone]:
        del rows[key]
    counts, levels, blocks = [0, 0, len(gone)], {}, []
    for entry in leaves(repository, layer.height, layer.top, levels):
        block = parse_rows(repository.block(entry.id, ROWS), tree.columns)
        expect(len(block) == entry.rows and block[0][2] == entry.first, "a row block holds other rows than its directory says")
        blocks.append((entry, [key for _, _, key, _ in block]))
        for op, mask, key, values in block:
            counts[op] += 1
            if op == INSERT:
                rows[key] = values
            elif op == ERASE:
                rows.pop(key, None)
            else:
                expect(key in rows, "a layer changes a row that is not there")
                rows[key] = [new if mask >> i & 1 else old for i, (old, new) in enumerate(zip(rows[key], values))]
    return counts, levels, blocks


def content_hash(repository, rows):
    total = 0
    for key, values in rows.items():
        data = sized(key)
        for value in values:
            if value is None:
                data += varint(0)
            elif len(value) <= 65536:
                data += varint(len(value) + 1) + value
            else:
                data += varint(len(value) + 1) + struct.pack("<QQ", *repository.row_hash(value))
        low, high = repository.row_hash(data)
        total += low + (high << 64)
    return total % (1 << 128)


def rows_of(repository, tree, look=None):
    """The rows of a tree as a dictionary in order; `look` is shown each layer, the base first."""
    rows = {}
    for number, layer in enumerate(tree.layers):
        counts, levels, blocks = apply_layer(repository, tree, layer, rows)
        expect(counts == [layer.inserts, layer.updates, layer.erases], f"a layer of {tree.name} has other rows than it says")
        if look:
            look(repository, tree, number == 0, levels, blocks)
    rows = {key: [resolved(repository, value) for value in rows[key]] for key in sorted(rows)}
    size = sum(len(key) + sum(len(value or b"") for value in values) for key, values in rows.items())
    expect((len(rows), size) == (tree.rows, tree.bytes), f"tree {tree.name} has {len(rows)} rows of {size} bytes")
    expect(content_hash(repository, rows) == tree.content, f"the content hash of tree {tree.name} does not fit")
    return rows
