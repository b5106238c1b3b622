"""Objects, packs and index runs: docs/format/objects.md and packs.md."""
import hashlib
import os
import re
import struct
import sys
from collections import namedtuple

from primitives import (MIB, Bytes, Damaged, FastHash, argon2id, check_signature, decompress, expect, hkdf, mac, sized, unseal,
                        unwrap_under, unwrap_with)
from trees import inherit, parse_tree

CONFIG, SLOT, WRITER, SESSION, PACK, INDEX, SNAPSHOT, FORGET = range(1, 9)  # kinds of objects

Header = namedtuple("Header", "kind writer sequence salt raw")
Place = namedtuple("Place", "pack key header domain kind number offset stored plain")
Snapshot = namedtuple("Snapshot", "id parent parent_digest about runs trees digest")


def name_of(identity):
    return f"{identity[0]:08x}-{identity[1]:016x}"


def passed_over(problem):
    print(f"reader: passed over: {problem}", file=sys.stderr)


def pack_header(writer, sequence, salt):
    return b"HOLDFAST" + struct.pack("<HBBIIQ", 1, PACK, 1, 1, writer, sequence) + salt


def parse_header(data, kind, what):
    expect(len(data) >= 60, f"{what} is cut short")
    magic, version, found, suite, epoch, writer, sequence, salt = struct.unpack("<8sHBBIIQ32s", data[:60])
    expect(magic == b"HOLDFAST" and found == kind, f"{what} is no object of kind {kind}")
    expect((version, suite, epoch) == (1, 1, 1), f"{what} needs a newer reader: version {version}, suite {suite}, epoch {epoch}")
    return Header(kind, writer, sequence, salt, data[:60])


class Repository:
    def __init__(self, folder, secret, rebuild):
        self.folder = folder
        self.open_config(secret)
        self.writers = {self.first_writer: (self.writer_public, 0)}
        self.places, self.runs_read, self.rebuild = {}, set(), False
        if rebuild:
            self.read_directories()

    def read(self, name, offset=0, size=-1):
        with open(os.path.join(self.folder, name), "rb") as file:
            file.seek(offset)
            return file.read(size)

    def names(self, prefix, form):
        """What has the form of a name; the rest is none of the repository's."""
        folder = os.path.join(self.folder, prefix)
        return sorted(filter(re.compile(form).fullmatch, os.listdir(folder))) if os.path.isdir(folder) else []

    def get(self, name, kind):
        """Header and body of an object whose digest fits."""
        data = self.read(name)
        expect(len(data) >= 92 and hashlib.sha256(data[:-32]).digest() == data[-32:], f"the SHA-256 of {name} does not fit")
        return parse_header(data, kind, name), Bytes(data[60:-32], name), data

    def check_signature(self, public, covered, signature, what):
        check_signature(public, b"holdfast 1 signed" + self.id + covered, signature, what)

    def open_config(self, secret):
        header, body, data = self.get("config", CONFIG)
        self.id = body.raw(16)
        body.raw(8)  # sizes that only writers need
        body.raw(32)  # the X25519 public key that writers wrap to
        self.admin_public, self.first_writer, self.writer_public = body.raw(32), body.u32(), body.raw(32)
        needed_to_read, _, _ = (body.many(body.text) for _ in range(3))
        expect(not needed_to_read, f"reading this repository needs {needed_to_read}")
        fields = body.data[:body.at]
        ring = body.sized()
        self.check_signature(self.admin_public, data[:60 + body.at], body.raw(64), "config")
        body.end()
        plain = unwrap_under(self.master_key(secret), b"holdfast 1 key ring" + header.raw + fields, ring)
        expect(plain is not None and len(plain) == 224, "the master key does not open config")
        self.box_secret, self.id_root, boundary = plain[:32], plain[32:64], plain[64:96]
        self.key_hash = FastHash(mac(boundary, b"holdfast key boundaries 1"))
        self.row_hash = FastHash(mac(boundary, b"holdfast row contents 1"))
        self.erase_key = mac(boundary, b"holdfast erased keys 1")

    def master_key(self, secret):
        for slot_id in self.names("keys", "[0-9a-f]{16}"):
            try:
                _, body, data = self.get("keys/" + slot_id, SLOT)
            except Damaged as problem:
                passed_over(problem)
                continue
            repository, _, _, _ = body.raw(16), body.text(), body.text(), body.instant()
            passes, memory, salt = body.u32(), body.u64(), body.raw(16)
            bound, wrapped = data[:60 + body.at], body.sized()
            body.end()
            if repository != self.id:
                continue
            expect(3 <= passes <= 64 and 128 * MIB <= memory <= 4096 * MIB, f"slot {slot_id} has costs out of bounds")
            master = unwrap_under(argon2id(secret, salt, passes, memory), b"holdfast 1 slot" + sized(slot_id.encode()) + bound, wrapped)
            if master is not None:
                return master
        raise Damaged("the key opens no slot of this repository")

    def writer(self, number):
        """Public key and trust domain."""
        if number not in self.writers:
            name = f"writers/{number:08x}"
            header, body, data = self.get(name, WRITER)
            expect((header.writer, header.sequence) == (number, 0), f"{name} certifies another writer")
            public, domain, _, _ = body.raw(32), body.u32(), body.text(), body.instant()
            self.check_signature(self.admin_public, data[:60 + body.at], body.raw(64), name)
            body.end()
            self.writers[number] = (public, domain)
        return self.writers[number]

    def object_key(self, header, wrapped):
        context = b"holdfast 1 session key" + self.id + struct.pack("<IIQ", 1, header.writer, header.sequence)
        session_key = unwrap_with(self.box_secret, context, wrapped)
        expect(session_key is not None, f"a session key of {name_of((header.writer, header.sequence))} does not unwrap")
        return hkdf(session_key, header.salt, b"holdfast 1 object key " + bytes([header.kind]))

    def verify_sealed(self, name, kind):
        header, body, data = self.get(name, kind)
        wrapped, sealed = body.raw(112), body.raw(body.left() - 64)
        self.check_signature(self.writer(header.writer)[0], data[:60 + body.at], body.raw(64), name)
        return header, wrapped, sealed, data

    def open_sealed(self, name, kind):
        header, wrapped, sealed, data = self.verify_sealed(name, kind)
        payload = unseal(self.object_key(header, wrapped), 0, self.id + header.raw, sealed, name)
        return header, Bytes(payload, name), data[-32:]

    def forgotten(self, identity):
        marks = self.names("forgets", name_of(identity) + "-[0-9a-f]{8}-(forget|undelete)")
        for name in reversed(marks):  # undelete before forget, where both have one number
            try:
                header, body, _ = self.open_sealed("forgets/" + name, FORGET)
                snapshot, number, mark = body.id(), body.u32(), body.u8()
                expect(name == f"{name_of(snapshot)}-{number:08x}-{ {1: 'forget', 2: 'undelete'}[mark]}", f"{name} says otherwise")
                if self.writer(header.writer)[1] == 0 or header.writer == identity[0]:
                    return mark == 1
            except Damaged as problem:
                passed_over(problem)
        return False

    # Packs and index runs: packs.md

    def add_place(self, block, place):
        self.places.setdefault(block, []).append(place)

    def read_run(self, name):
        header, body, data = self.get("index/" + name, INDEX)
        expect(name.startswith(name_of((header.writer, header.sequence)) + "-"), f"index run {name} belongs elsewhere")
        wrapped = body.raw(112)
        root = body.raw(body.u32())
        self.check_signature(self.writer(header.writer)[0], data[:60 + body.at], body.raw(64), name)
        key, bound = self.object_key(header, wrapped), self.id + header.raw
        root = Bytes(unseal(key, 0, bound + b"root" + struct.pack("<I", int(name[-8:], 16)), root, name), name)
        root.many(lambda: (root.id(), root.u32()))  # superseded
        packs = root.many(lambda: (root.raw(16).hex(), root.id(), root.u32(), root.raw(32), root.raw(32), root.u64()))
        own_domain = self.writer(header.writer)[1]
        expect(own_domain == 0 or all((session[0], domain) == (header.writer, own_domain) for _, session, domain, *_ in packs),
               f"{name} lists packs that its writer may not list")
        pages = root.many(lambda: (root.raw(16), root.u32()))
        root.end()
        before = b""
        for number, (first, entries) in enumerate(pages):
            page = Bytes(unseal(key, 1 + number, bound + b"page", body.raw(entries * 38 + 16), name), name)
            for _ in range(entries):
                block, pack = page.raw(16), packs[page.u32()]
                numbers, kind = [page.u32() for _ in range(4)], page.u8()
                expect(page.u8() == 0, f"{name} names a dictionary, which this reader does not know")
                expect(block > before and (page.at > 38 or block == first), f"{name} is not in order")
                before = block
                pack_id, session, domain, salt, pack_key, _ = pack
                self.add_place(block, Place(pack_id, pack_key, pack_header(*session, salt), domain, kind, *numbers))
            page.end()
        body.end()

    def read_directories(self):
        self.rebuild = True
        for folder in self.names("packs", "[0-9a-f]{2}"):
            for pack in self.names("packs/" + folder, "[0-9a-f]{32}"):
                try:
                    self.read_directory(pack)
                except (Damaged, OSError) as problem:
                    passed_over(problem)

    def wrapped_of(self, session):
        """The session key as its writer signed it: a pack has no signature, and anybody can wrap a key."""
        for name, kind in (("sessions/" + name_of(session), SESSION), ("snapshots/" + name_of(session), SNAPSHOT)):
            try:
                header, wrapped, _, _ = self.verify_sealed(name, kind)
                if (header.writer, header.sequence) == session:
                    return wrapped
            except (Damaged, OSError) as problem:
                passed_over(problem)
        raise Damaged(f"session {name_of(session)} left neither its object nor a snapshot")

    def read_directory(self, pack):
        name = f"packs/{pack[:2]}/{pack}"
        data = self.read(name)  # its digest is left alone: where some blocks are damaged, the others may be whole
        header, wrapped = parse_header(data, PACK, name), data[60:172]
        expect(wrapped == self.wrapped_of((header.writer, header.sequence)), f"{name} was not written by the session it names")
        key, bound, domain = self.object_key(header, wrapped), self.id + header.raw, self.writer(header.writer)[1]
        offset, size = struct.unpack("<II", unseal(key, (1 << 63) + 1, bound + b"tail", data[-56:-32], name))
        expect(offset + size + 56 == len(data), f"the directory of {name} lies elsewhere")
        directory = Bytes(unseal(key, 1 << 63, bound + b"directory", data[offset:offset + size], name), name)
        at = 172
        for _ in range(directory.varint()):
            block, kind, number = directory.raw(16), directory.u8(), directory.varint()
            stored, plain = directory.varint(), directory.varint()
            expect(directory.u8() == 0, f"{name} names a dictionary, which this reader does not know")
            self.add_place(block, Place(pack, key, header.raw, domain, kind, number, at, stored, plain))
            at += stored
        expect(at == offset and not any(directory.raw(directory.left())), f"the directory of {name} is wrong")

    def block(self, wanted, kind):
        problem = Damaged(f"block {wanted.hex()} stands in no index")
        for place in self.places.get(wanted, []):
            try:
                return self.block_at(wanted, kind, place)
            except (Damaged, OSError) as found:  # another copy may be whole
                problem = found
        raise problem

    def block_at(self, wanted, kind, place):
        sealed = self.read(f"packs/{place.pack[:2]}/{place.pack}", place.offset, place.stored)
        bound = self.id + place.header + b"block" + struct.pack("<Q", place.number) + wanted
        what = f"block {wanted.hex()} of pack {place.pack}"
        tagged = decompress(unseal(place.key, place.number, bound, sealed, what), place.plain + 1, what)
        id_key = hkdf(self.id_root, b"", b"holdfast 1 block ids " + struct.pack("<I", place.domain))
        expect(tagged[0] == kind == place.kind and mac(id_key, tagged)[:16] == wanted, f"{what} is not what its id says")
        return tagged[1:]

    # Snapshots: objects.md

    def snapshot(self, identity):
        name = "snapshots/" + name_of(identity)
        header, body, digest = self.open_sealed(name, SNAPSHOT)
        expect((header.writer, header.sequence) == identity, f"{name} is another snapshot")
        size = body.u32()
        expect(size <= 64 * MIB, f"{name} is too large")
        body = Bytes(decompress(body.raw(body.left()), size, name), name)
        parent = body.id() if body.flag() else None
        parent_digest = body.sized()
        about = {field: body.text() for field in ("connector", "platform", "host", "program")}
        about.update({field: body.instant() for field in ("started", "taken", "committed")})
        about.update(attributes=body.text(), outcomes=body.many(body.text))
        runs = body.many(lambda: f"{name_of(body.id())}-{body.u32():08x}")
        about.update({field: body.varint() for field in ("raw", "stored", "added", "changed", "gone", "unchanged", "bytes")})
        trees = body.many(lambda: parse_tree(body))
        body.end()
        if any(tree.inherits for tree in trees):
            above = self.snapshot(parent)
            expect(above.digest == parent_digest, f"{name} builds on another parent than the one that is stored")
            below = {tree.name: tree for tree in above.trees}
            trees = [inherit(tree, below[tree.name]) if tree.inherits else tree for tree in trees]
            runs += above.runs
        return Snapshot(identity, parent, parent_digest, about, runs, trees, digest)

    def use_runs(self, snapshot):
        """What a run that is lost or damaged would list is found in the packs."""
        for run in snapshot.runs:
            if self.rebuild or run in self.runs_read:
                continue
            try:
                self.read_run(run)
                self.runs_read.add(run)
            except (Damaged, OSError) as problem:
                passed_over(problem)
                self.read_directories()
