#include "repository/writers.h"

#include "crypto/sign.h"
#include "repository/names.h"
#include "repository_fixture.h"
#include "storage/decorators/fault_backend.h"

namespace holdfast::repository {
namespace {

using base::ErrorKind;
using test::error_of;

constexpr std::uint32_t k_host = 77;

struct WritersWorld {
  test::SeededRandom random{12};
  NewConfig made = make_config(base::Secret(std::string(32, 'm')), 4096, 1u << 20, {}, random);
  crypto::SignKeys keys = crypto::make_sign_keys(random);
  Writer writer{k_host, keys.public_key, 5, "the host"};
  base::Bytes certificate = encode_writer(writer, test::k_start, made.config.identity, made.ring.admin_secret, random);
  std::unique_ptr<storage::Backend> backend = storage::make_memory_backend();

  WriterSecrets secrets() {
    return {made.config.identity, {k_host, keys.secret_key}, 5, base::Secret(random.bytes(32)), made.ring.boundary};
  }
};

TEST(Certificate, comes_back_as_it_was_made) {
  WritersWorld world;
  const Writer read = decode_writer(world.certificate, k_host, world.made.config.identity);
  EXPECT_EQ(read.id, k_host);
  EXPECT_EQ(read.public_key, world.keys.public_key);
  EXPECT_EQ(read.domain, 5u);
  EXPECT_EQ(read.label, "the host");
}

TEST(Certificate, is_refused_for_another_number_another_repository_and_any_changed_byte) {
  WritersWorld world;
  const Identity& identity = world.made.config.identity;
  EXPECT_EQ(error_of([&] { decode_writer(world.certificate, k_host + 1, identity); }), ErrorKind::corruption);
  Identity other = identity;
  other.id[0] ^= 1;
  EXPECT_EQ(error_of([&] { decode_writer(world.certificate, k_host, other); }), ErrorKind::corruption);
  for (std::size_t i = 0; i < world.certificate.size() - k_digest_bytes; ++i) {
    base::Bytes changed = world.certificate;
    changed[i] ^= 1;
    changed.resize(changed.size() - k_digest_bytes);
    close_object(changed);  // the digest is no secret
    EXPECT_TRUE(error_of([&] { decode_writer(changed, k_host, identity); })) << "byte " << i;
  }
}

TEST(Certificate, that_the_writer_signed_itself_is_refused) {
  WritersWorld world;
  const base::Bytes forged =
      encode_writer(world.writer, test::k_start, world.made.config.identity, world.keys.secret_key, world.random);
  EXPECT_EQ(error_of([&] { decode_writer(forged, k_host, world.made.config.identity); }), ErrorKind::corruption);
}

TEST(WriterDirectory, fetches_a_certificate_once) {
  WritersWorld world;
  world.backend->put(writer_name(k_host), world.certificate);
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  WriterDirectory directory(*counted, world.made.config);
  EXPECT_EQ(directory.get(k_host).label, "the host");
  EXPECT_EQ(directory.get(k_host).domain, 5u);
  EXPECT_EQ(counts.gets, 1u);
}

TEST(WriterDirectory, says_which_writer_has_no_certificate_and_lets_failures_of_the_store_through) {
  WritersWorld world;
  WriterDirectory directory(*world.backend, world.made.config);
  EXPECT_EQ(error_of([&] { directory.get(k_host); }), ErrorKind::corruption);
  world.backend->put(writer_name(k_host), world.certificate);
  EXPECT_EQ(directory.get(k_host).id, k_host) << "what was not there is not remembered as lost";
  storage::FaultPlan down;
  down.before = [](storage::Call, const std::string&) { throw base::Error(ErrorKind::unavailable, "down"); };
  const auto failing = storage::make_fault_backend(*world.backend, down, nullptr);
  WriterDirectory cut_off(*failing, world.made.config);
  EXPECT_EQ(error_of([&] { cut_off.get(k_host); }), ErrorKind::unavailable);
}

TEST(WriterKey, survives_its_text_and_the_end_of_a_line) {
  WritersWorld world;
  const WriterSecrets secrets = world.secrets();
  const std::string text(encode_writer_key(secrets).reveal());
  for (const char* end : {"", "\n", "\r\n", "  \n"}) {
    const WriterSecrets read = decode_writer_key(base::Secret(text + end));
    EXPECT_EQ(read.identity, secrets.identity);
    EXPECT_EQ(read.signer.writer, k_host);
    EXPECT_EQ(read.signer.secret_key.reveal(), secrets.signer.secret_key.reveal());
    EXPECT_EQ(read.domain, 5u);
    EXPECT_EQ(read.id_key.reveal(), secrets.id_key.reveal());
    EXPECT_EQ(read.boundary.bytes, secrets.boundary.bytes);
  }
}

TEST(WriterKey, with_a_slip_of_the_hand_is_no_key) {
  WritersWorld world;
  const std::string text(encode_writer_key(world.secrets()).reveal());
  const auto refused = [](const std::string& other) {
    return error_of([&] { decode_writer_key(base::Secret(other)); }) == ErrorKind::wrong_key;
  };
  for (std::size_t i = 0; i < text.size(); i += 7) {
    std::string slipped = text;
    slipped[i] = slipped[i] == '0' ? '1' : '0';
    EXPECT_TRUE(refused(slipped)) << "character " << i;
  }
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("a passphrase"));
  EXPECT_TRUE(refused(text.substr(0, text.size() - 2)));
  EXPECT_TRUE(refused(text + "00"));
  EXPECT_TRUE(refused(text.substr(0, 22)));
}

}  // namespace
}  // namespace holdfast::repository
