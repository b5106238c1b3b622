#include "net/token.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/error.h"
#include "base/task_group.h"
#include "support/errors.h"
#include "support/fakes.h"

namespace holdfast::net {
namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::minutes;
using std::chrono::seconds;
using test::error_of;

const base::Instant k_start = *base::parse_instant("2026-11-21T12:00:00Z");

TEST(FixedToken, IsSentAsABearerAndCannotBeRenewed) {
  const auto source = open_fixed_token(base::Secret("dapi123"));
  const Credentials credentials = source->credentials({});
  ASSERT_EQ(credentials.size(), 1U);
  EXPECT_EQ(credentials[0].name, "Authorization");
  EXPECT_EQ(credentials[0].value.reveal(), "Bearer dapi123");
  EXPECT_FALSE(source->refused(credentials));
}

// Gives tokens t1, t2, … that live an hour.
class CachedTokenTest : public testing::Test {
protected:
  CachedToken::Fetch counting() {
    return [this](std::stop_token) {
      const int number = ++fetched_;
      if (fails_) throw Error(ErrorKind::unavailable, "the login does not answer");
      return Token{base::Secret("t" + std::to_string(number)), clock_.now() + life_};
    };
  }
  std::string get() { return std::string(token_.get({}).reveal()); }

  test::ManualClock clock_{k_start};
  base::Duration life_ = minutes(60);
  std::atomic<int> fetched_ = 0;
  std::atomic<bool> fails_ = false;
  CachedToken token_{counting(), clock_};
};

TEST_F(CachedTokenTest, IsFetchedOnceAndKept) {
  EXPECT_EQ(get(), "t1");
  clock_.advance(minutes(54));
  EXPECT_EQ(get(), "t1");
  EXPECT_EQ(fetched_, 1);
}

TEST_F(CachedTokenTest, IsRenewedFiveMinutesBeforeItExpires) {
  EXPECT_EQ(get(), "t1");
  clock_.advance(minutes(55));
  EXPECT_EQ(get(), "t2");
  EXPECT_EQ(fetched_, 2);
}

TEST_F(CachedTokenTest, OfAShortLifeIsRenewedInItsLastQuarter) {
  life_ = seconds(100);
  EXPECT_EQ(get(), "t1");
  clock_.advance(seconds(74));
  EXPECT_EQ(get(), "t1");
  clock_.advance(seconds(1));
  EXPECT_EQ(get(), "t2");
}

TEST_F(CachedTokenTest, IsUsedOnWhileTheLoginIsOutOfOrder) {
  EXPECT_EQ(get(), "t1");
  fails_ = true;
  clock_.advance(minutes(56));
  EXPECT_EQ(get(), "t1");
  EXPECT_EQ(get(), "t1");
  EXPECT_EQ(fetched_, 2);  // not asked again at every call
  clock_.advance(seconds(31));
  EXPECT_EQ(get(), "t1");
  EXPECT_EQ(fetched_, 3);
}

TEST_F(CachedTokenTest, IsNotUsedInItsLastFortySeconds) {
  EXPECT_EQ(get(), "t1");
  fails_ = true;
  clock_.advance(minutes(59) + seconds(19));
  EXPECT_EQ(get(), "t1");
  clock_.advance(seconds(1));
  EXPECT_EQ(error_of([&] { get(); }), ErrorKind::unavailable);
  fails_ = false;
  EXPECT_EQ(get(), "t4");
}

TEST_F(CachedTokenTest, ThatHasExpiredAlreadyIsRefused) {
  life_ = seconds(0);
  EXPECT_EQ(error_of([&] { get(); }), ErrorKind::auth);
}

TEST_F(CachedTokenTest, IsForgottenOnlyIfItIsStillThisOne) {
  EXPECT_EQ(get(), "t1");
  token_.forget(base::Secret("t0"));
  EXPECT_EQ(get(), "t1");
  token_.forget(base::Secret("t1"));
  EXPECT_EQ(get(), "t2");
  token_.forget(base::Secret("t1"));  // somebody who used the old one and comes late
  EXPECT_EQ(get(), "t2");
}

TEST(CachedToken, IsRenewedByOneOfEightThreadsWhileTheOthersGoOn) {
  test::ManualClock clock(k_start);
  std::atomic<int> fetched = 0;
  std::latch renewing(1);
  std::latch others_done(7);
  CachedToken token(
      [&](std::stop_token) {
        const int number = ++fetched;
        if (number == 2) {  // the renewal ends only after all others have got their token
          renewing.count_down();
          others_done.wait();
        }
        return Token{base::Secret("t" + std::to_string(number)), clock.now() + minutes(60)};
      },
      clock);
  EXPECT_EQ(token.get({}).reveal(), "t1");
  clock.advance(minutes(57));
  std::string renewed;
  base::TaskGroup tasks({});
  tasks.spawn([&](std::stop_token stop) { renewed = std::string(token.get(stop).reveal()); });
  renewing.wait();
  std::atomic<int> with_old = 0;
  for (int i = 0; i < 7; ++i)
    tasks.spawn([&](std::stop_token stop) {
      if (token.get(stop).reveal() == "t1") ++with_old;
      others_done.count_down();
    });
  tasks.wait();
  EXPECT_EQ(renewed, "t2");
  EXPECT_EQ(with_old, 7);
  EXPECT_EQ(fetched, 2);
}

TEST(CachedToken, IsFetchedOnceForEightThreadsThatHaveNone) {
  test::ManualClock clock(k_start);
  std::atomic<int> fetched = 0;
  CachedToken token(
      [&](std::stop_token) {
        ++fetched;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return Token{base::Secret("t"), clock.now() + minutes(60)};
      },
      clock);
  base::TaskGroup tasks({});
  std::atomic<int> got = 0;
  for (int i = 0; i < 8; ++i)
    tasks.spawn([&](std::stop_token stop) { got += token.get(stop).reveal() == "t" ? 1 : 0; });
  tasks.wait();
  EXPECT_EQ(got, 8);
  EXPECT_EQ(fetched, 1);
}

TEST(CachedToken, FailsForAllWhoWaitedWithAnErrorOfTheirOwn) {
  test::ManualClock clock(k_start);
  std::atomic<int> waiting = 0;
  CachedToken token(
      [&](std::stop_token) -> Token {
        while (waiting < 4) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // so that they wait inside of get()
        throw TransportError(TransportError::Sent::no, "no way to the login", "");
      },
      clock);
  std::atomic<int> failed = 0;
  base::TaskGroup tasks({});
  for (int i = 0; i < 4; ++i)
    tasks.spawn([&](std::stop_token stop) {
      ++waiting;
      try {
        token.get(stop);
      } catch (TransportError& error) {
        error.add_frame("asking");
        failed += error.frames().size() == 1 ? 1 : 0;
      }
    });
  tasks.wait();
  EXPECT_EQ(failed, 4);
}

TEST(CachedToken, LetsAWaiterGoWhenItIsStoppedAndServesTheOthers) {
  test::ManualClock clock(k_start);
  std::latch fetching(1);
  std::latch stopped(1);
  CachedToken token(
      [&](std::stop_token) {
        fetching.count_down();
        stopped.wait();
        return Token{base::Secret("t"), clock.now() + minutes(60)};
      },
      clock);
  std::string got;
  std::jthread fetcher([&] { got = std::string(token.get({}).reveal()); });
  fetching.wait();
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(error_of([&] { token.get(source.get_token()); }), ErrorKind::cancelled);
  stopped.count_down();
  fetcher.join();
  EXPECT_EQ(got, "t");
}

TEST(CachedToken, IsFetchedByAnotherWhenTheFetcherIsStopped) {
  test::ManualClock clock(k_start);
  std::atomic<int> fetched = 0;
  std::latch fetching(1);
  CachedToken token(
      [&](std::stop_token stop) {
        if (++fetched == 1) {
          fetching.count_down();
          while (!stop.stop_requested()) std::this_thread::yield();
          throw Error(ErrorKind::cancelled, "stopped");
        }
        return Token{base::Secret("t"), clock.now() + minutes(60)};
      },
      clock);
  std::stop_source source;
  std::optional<ErrorKind> first;
  std::string second;
  std::jthread one([&] { first = error_of([&] { token.get(source.get_token()); }); });
  fetching.wait();
  std::jthread other([&] { second = std::string(token.get({}).reveal()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  source.request_stop();
  one.join();
  other.join();
  EXPECT_EQ(first, ErrorKind::cancelled);
  EXPECT_EQ(second, "t");
}

TEST(Bearer, AsksAgainForATokenThatWasRefused) {
  test::ManualClock clock(k_start);
  int fetched = 0;
  const auto source = open_bearer(
      "test",
      [&](std::stop_token) {
        return Token{base::Secret("t" + std::to_string(++fetched)), clock.now() + minutes(60)};
      },
      clock);
  const Credentials first = source->credentials({});
  EXPECT_EQ(first[0].value.reveal(), "Bearer t1");
  EXPECT_TRUE(source->refused(first));
  EXPECT_EQ(source->credentials({})[0].value.reveal(), "Bearer t2");
  EXPECT_TRUE(source->refused(first));  // late: the new one stays
  EXPECT_EQ(source->credentials({})[0].value.reveal(), "Bearer t2");
  EXPECT_EQ(source->kind(), "test");
}

}  // namespace
}  // namespace holdfast::net
