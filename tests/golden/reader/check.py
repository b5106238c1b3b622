"""What a reader does not need, but what the pages say: where blocks and nodes end, what filters and deltas hold."""
from primitives import M64, expect
from trees import apply_layer, resolved, rows_of


def ends_block(tree, key_hash):
    return key_hash[0] <= M64 // tree.per_block


def ends_node(tree, key_hash, height):
    mixed = (key_hash[1] + height) * 0x9e3779b97f4a7c15 & M64
    mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9 & M64
    return mixed ^ mixed >> 32 <= M64 // tree.per_node


def bloom_filter(hashes):
    out = bytearray((10 * len(hashes) + 7) // 8)
    for _, high in hashes:
        for i in range(7):
            bit = ((high >> 32) + i * (high & 0xffffffff | 1)) % (8 * len(out))
            out[bit // 8] |= 1 << bit % 8
    return bytes(out)


def check_layer(repository, tree, is_base, levels, blocks):
    for number, (entry, keys) in enumerate(blocks):
        hashes = [repository.key_hash(key) for key in keys]
        expect(not any(ends_block(tree, key_hash) for key_hash in hashes[:-1]), "a row block goes on behind a boundary")
        expect(ends_block(tree, hashes[-1]) or len(keys) == 16 * tree.per_block or number == len(blocks) - 1,
               "a row block ends where no boundary is")
        expect(entry.filter == (b"" if is_base else bloom_filter(hashes)), "a Bloom filter is not that of its rows")
    for height, nodes in list(levels.items())[1:]:  # the first is the top, which is no node
        for number, entries in enumerate(nodes):
            # The first entry ends no node: one of a single entry would make no level shorter.
            ends = [ends_node(tree, repository.key_hash(entry.first), height + 1) for entry in entries]
            expect(not any(ends[1:-1]), "a node goes on behind a boundary")
            expect(len(ends) >= 2 and (ends[-1] or len(ends) == 16 * tree.per_node) or number == len(nodes) - 1,
                   "a node ends where no boundary is")


def check_delta(repository, snapshot, tree, rows):
    parent = repository.snapshot(snapshot.parent)
    expect(parent.digest == snapshot.parent_digest, "a snapshot builds on another parent than the one that is stored")
    repository.use_runs(parent)
    for above in parent.trees:
        if above.name == tree.name:
            before = rows_of(repository, above)
            apply_layer(repository, tree, tree.delta, before)
            after = {key: [resolved(repository, value) for value in values] for key, values in before.items()}
            expect(after == rows, f"the delta of tree {tree.name} does not lead to it")
