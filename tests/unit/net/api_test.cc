#include "net/api.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/error.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "support/scripted_http.h"

namespace holdfast::net {
namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::error_of;
using test::reply;

const base::Instant k_start = *base::parse_instant("2026-11-21T12:00:00Z");

class RenewingTokens : public TokenSource {
public:
  std::string_view kind() const noexcept override { return "test"; }
  Credentials credentials(std::stop_token) override {
    if (away_for > 0) {
      --away_for;
      throw Error(ErrorKind::unavailable, "the login does not answer");
    }
    return {{"Authorization", base::Secret("Bearer t" + std::to_string(number))}};
  }
  bool refused(const Credentials& used) override {
    EXPECT_EQ(used.at(0).value.reveal(), "Bearer t" + std::to_string(number));
    ++number;
    return renewable;
  }
  int number = 1;
  int away_for = 0;
  bool renewable = true;
};

class ApiTest : public testing::Test {
protected:
  using Step = std::function<Response()>;

  static Step status(int code, std::vector<Header> headers = {}, std::string body = {}) {
    return [=] { return reply(code, body, headers); };
  }
  static Step broken(TransportError::Sent sent) {
    return [=]() -> Response { throw TransportError(sent, "the connection broke off", ""); };
  }

  // The steps are answered in turn; the last one for ever.
  Answer call(Method method, std::vector<Step> steps, Repeat repeat = Repeat::by_method) {
    steps_ = std::move(steps);
    next_ = 0;
    const base::Duration before = clock_.elapsed();
    Call one{.family = family_, .request = {}, .repeat = repeat};
    one.request.method = method;
    one.request.url = parse_url("https://w.test/api/things?token=hidden");
    one.request.secrets = {{"X-Own", base::Secret("own")}};
    struct Timer {
      ~Timer() { test.took_ = test.clock_.elapsed() - before; }
      ApiTest& test;
      base::Duration before;
    } timer{*this, before};
    return api().call(std::move(one), stop_.get_token());
  }
  Answer get(std::vector<Step> steps) { return call(Method::get, std::move(steps)); }
  Answer post(std::vector<Step> steps) { return call(Method::post, std::move(steps)); }

  Api& api() {
    if (!api_) api_ = std::make_unique<Api>(Api::Parts{client_, tokens_, budget_, clock_, random_}, options_);
    return *api_;
  }
  std::size_t sent() const { return client_.seen().size(); }

  test::ManualClock clock_{k_start};
  test::SeededRandom random_{7};
  Budget budget_{{{.name = "f"}, {.name = "g"}}, 1.0, clock_};
  std::string family_ = "f";
  RenewingTokens tokens_;
  std::vector<Step> steps_;
  std::size_t next_ = 0;
  test::ScriptedHttp client_{[this](const Request&, std::size_t) {
    const std::size_t step = std::min(next_++, steps_.size() - 1);
    return steps_[step]();
  }};
  ApiOptions options_;
  std::unique_ptr<Api> api_;
  std::stop_source stop_;
  base::Duration took_{};
};

TEST(Classify, KnowsEveryStatusAndTakesNoUnknownOneForAbsent) {
  EXPECT_EQ(classify(200), Status::ok);
  EXPECT_EQ(classify(204), Status::ok);
  EXPECT_EQ(classify(404), Status::not_found);
  EXPECT_EQ(classify(410), Status::not_found);
  EXPECT_EQ(classify(401), Status::unauthenticated);
  EXPECT_EQ(classify(403), Status::denied);
  EXPECT_EQ(classify(409), Status::conflict);
  EXPECT_EQ(classify(429), Status::throttled);
  EXPECT_EQ(classify(500), Status::failed);
  EXPECT_EQ(classify(503), Status::unavailable);
  for (int code = -1; code < 1000; ++code) {
    if (code == 404 || code == 410) continue;
    EXPECT_NE(classify(code), Status::not_found) << code;
    EXPECT_EQ(classify(code) == Status::ok, code >= 200 && code < 300) << code;
  }
  for (int code : {0, 100, 199, 300, 304, 402, 418, 420, 505, 511, 599, 999})
    EXPECT_EQ(classify(code), Status::unknown);
}

TEST_F(ApiTest, SendsCredentialsBesideTheCallsOwnSecrets) {
  EXPECT_TRUE(get({status(200, {}, "body")}).ok());
  const Request seen = client_.seen().at(0);
  ASSERT_EQ(seen.secrets.size(), 2U);
  EXPECT_EQ(seen.secrets[0].value.reveal(), "own");
  EXPECT_EQ(seen.secrets[1].value.reveal(), "Bearer t1");
}

TEST_F(ApiTest, WaitsAsLongAsAThrottledAnswerAsksAndTriesAgain) {
  const Answer answer = post({status(429, {{"retry-after", "7"}}), status(200)});
  EXPECT_TRUE(answer.ok());
  EXPECT_EQ(answer.attempts, 2U);
  EXPECT_FALSE(answer.echo_possible);  // a throttled call was not taken
  EXPECT_GE(took_, seconds(7));
  EXPECT_LT(took_, seconds(8));
}

TEST_F(ApiTest, TakesRetryAfterAsADateToo) {
  EXPECT_TRUE(get({status(429, {{"retry-after", "Sat, 21 Nov 2026 12:00:20 GMT"}}), status(200)}).ok());
  EXPECT_GE(took_, seconds(20));
  EXPECT_LT(took_, seconds(21));
}

TEST_F(ApiTest, WaitsLongerWithEachAttemptWhenNothingIsAsked) {
  EXPECT_TRUE(get({status(429), status(429), status(429), status(429), status(200)}).ok());
  // 0.5 + 1 + 2 + 4 s, each a quarter more or less.
  EXPECT_GE(took_, milliseconds(5600));
  EXPECT_LE(took_, milliseconds(9400));
}

TEST_F(ApiTest, GivesAThrottledCallBackWhenItsPatienceEnds) {
  const Answer answer = post({status(429)});
  EXPECT_EQ(answer.verdict.status, Status::throttled);
  EXPECT_LE(took_, minutes(10));
  EXPECT_GE(took_, minutes(9));
  EXPECT_EQ(budget_.counters().at(0).throttled, sent());
  EXPECT_EQ(budget_.counters().at(0).retried, sent() - 1);
}

TEST_F(ApiTest, DoesNotWaitForLongerThanItsPatience) {
  EXPECT_EQ(get({status(429, {{"retry-after", "3600"}})}).verdict.status, Status::throttled);
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(took_, seconds(0));
}

TEST_F(ApiTest, SurvivesMinutesOfThrottling) {
  std::vector<Step> steps(20, status(429, {{"retry-after", "15"}}));
  steps.push_back(status(200));
  EXPECT_TRUE(post(steps).ok());
  EXPECT_GE(took_, minutes(5));
}

TEST_F(ApiTest, RepeatsWhatIsSafeWhenTheOtherSideIsUnavailable) {
  for (const int code : {408, 502, 503, 504}) {
    EXPECT_TRUE(get({status(code), status(200)}).ok()) << code;
    EXPECT_TRUE(call(Method::remove, {status(code), status(200)}).echo_possible) << code;
    EXPECT_TRUE(call(Method::post, {status(code), status(200)}, Repeat::safe).ok()) << code;
  }
}

TEST_F(ApiTest, NeverRepeatsACreationThatMayHaveBeenTaken) {
  for (const int code : {408, 502, 503, 504}) {
    const std::size_t before = sent();
    const Answer answer = post({status(code), status(200)});
    EXPECT_EQ(answer.verdict.status, Status::lost) << code;
    EXPECT_EQ(answer.response.status, code);
    EXPECT_EQ(sent(), before + 1);
  }
  const std::size_t before = sent();
  const Answer answer = post({broken(TransportError::Sent::perhaps), status(200)});
  EXPECT_EQ(answer.verdict.status, Status::lost);
  EXPECT_EQ(answer.response.status, 0);
  EXPECT_EQ(answer.verdict.message, "the connection broke off");
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(call(Method::put, {broken(TransportError::Sent::perhaps)}, Repeat::unsafe).verdict.status, Status::lost);
}

TEST_F(ApiTest, RepeatsACreationThatNeverWentOut) {
  const Answer answer = post({broken(TransportError::Sent::no), status(201)});
  EXPECT_TRUE(answer.ok());
  EXPECT_FALSE(answer.echo_possible);
}

TEST_F(ApiTest, MarksWhatMayBeItsOwnEcho) {
  const Answer answer = call(Method::remove, {broken(TransportError::Sent::perhaps), status(404)});
  EXPECT_EQ(answer.verdict.status, Status::not_found);
  EXPECT_TRUE(answer.echo_possible);
  EXPECT_FALSE(call(Method::remove, {status(404)}).echo_possible);
}

TEST_F(ApiTest, ThrowsWhatBrokeASafeCallAfterItsPatience) {
  EXPECT_EQ(error_of([&] { get({broken(TransportError::Sent::perhaps)}); }), ErrorKind::unavailable);
  EXPECT_GE(took_, minutes(9));
  EXPECT_LE(took_, minutes(10));
  EXPECT_EQ(error_of([&] { post({broken(TransportError::Sent::no)}); }), ErrorKind::unavailable);
}

TEST_F(ApiTest, DoesNotRepeatWhatWouldEndTheSame) {
  for (const int code : {300, 302, 400, 403, 404, 409, 413, 418, 500, 501}) {
    const std::size_t before = sent();
    get({status(code), status(200)});
    EXPECT_EQ(sent(), before + 1) << code;
  }
}

TEST_F(ApiTest, AsksForANewTokenOnceAfter401) {
  const Answer answer = post({status(401), status(200)});
  EXPECT_TRUE(answer.ok());
  EXPECT_EQ(client_.seen().at(1).secrets.at(1).value.reveal(), "Bearer t2");
  EXPECT_EQ(client_.seen().at(1).secrets.size(), 2U);  // instead of the old one, not beside it
  EXPECT_EQ(post({status(401), status(401), status(200)}).verdict.status, Status::unauthenticated);
  EXPECT_EQ(sent(), 4U);
  tokens_.renewable = false;
  EXPECT_EQ(post({status(401), status(200)}).verdict.status, Status::unauthenticated);
  EXPECT_EQ(sent(), 5U);
}

TEST_F(ApiTest, TriesAgainWhenTheLoginIsAwayForAWhileAlsoForACreation) {
  tokens_.away_for = 3;
  EXPECT_TRUE(post({status(200)}).ok());
  EXPECT_EQ(sent(), 1U);
  tokens_.away_for = 100000;
  EXPECT_EQ(error_of([&] { post({status(200)}); }), ErrorKind::unavailable);
  EXPECT_EQ(sent(), 1U);
}

TEST_F(ApiTest, LetsThePlatformRefineWhatAStatusMeans) {
  options_.refine = [](const Response& response, Status by_http) -> Verdict {
    if (response.body == "EXISTS") return {Status::already_exists, "RESOURCE_ALREADY_EXISTS", "it is there"};
    if (response.body == "SOON") return {Status::not_yet, "PERMISSION_NOT_PROPAGATED", ""};
    if (response.body == "QUOTA") return {Status::quota, "QUOTA_EXCEEDED", ""};
    return {by_http, "", ""};
  };
  const Answer exists = post({status(400, {}, "EXISTS")});
  EXPECT_EQ(exists.verdict.status, Status::already_exists);
  EXPECT_EQ(exists.verdict.code, "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(post({status(429, {}, "QUOTA"), status(200)}).verdict.status, Status::quota);
  const std::size_t before = sent();
  EXPECT_TRUE(post({status(403, {}, "SOON"), status(200)}).ok());  // certainly not taken, so a creation too
  EXPECT_EQ(sent(), before + 2);
}

TEST_F(ApiTest, NamesWhereARedirectLeads) {
  const Answer answer = get({status(302, {{"location", "https://login.test/x?secret=1"}})});
  EXPECT_EQ(answer.verdict.status, Status::redirected);
  EXPECT_EQ(to_error(answer).message(),
            "GET https://w.test/api/things: redirected elsewhere (HTTP 302): it leads to https://login.test/x");
}

TEST_F(ApiTest, EndsSoonWhenStopped) {
  steps_ = {[&] {
    stop_.request_stop();
    return reply(429, {}, {{"retry-after", "60"}});
  }};
  EXPECT_EQ(error_of([&] { get(steps_); }), ErrorKind::cancelled);
  EXPECT_EQ(took_, seconds(0));
}

// Its answer says what became of it: nobody would know.
TEST_F(ApiTest, WaitsForAChangeThatWasSentWhenStopped) {
  for (const Method method : {Method::post, Method::put, Method::patch, Method::remove}) {
    stop_ = {};
    EXPECT_TRUE(call(method, {[&] {
                       stop_.request_stop();
                       return reply(200);
                     }})
                    .ok())
        << to_string(method);
  }
  stop_ = {};
  steps_ = {[&] {
    stop_.request_stop();
    return reply(200);
  }};
  EXPECT_EQ(error_of([&] { get(steps_); }), ErrorKind::cancelled) << "what only reads is asked again";
}

TEST_F(ApiTest, DoesNotWaitToRepeatAChangeWhenStopped) {
  const auto throttled = [&] {
    stop_.request_stop();
    return reply(429, {}, {{"retry-after", "60"}});
  };
  EXPECT_EQ(error_of([&] { post({throttled}); }), ErrorKind::cancelled) << "certainly not taken";
  EXPECT_EQ(took_, seconds(0));
  stop_ = {};
  clock_.advance(minutes(2));
  const auto broke_off = [&]() -> Response {
    stop_.request_stop();
    throw TransportError(TransportError::Sent::perhaps, "the connection broke off", "");
  };
  EXPECT_EQ(call(Method::put, {broke_off}).verdict.status, Status::lost) << "it may have been taken";
  EXPECT_EQ(took_, seconds(0));
}

TEST_F(ApiTest, SpendsNoMoreOnACallThanItIsWorth) {
  api().limit_patience(minutes(2));
  const auto hasty = [&](const Step& step, base::Duration patience = seconds(3)) {
    steps_ = {step};
    next_ = 0;
    Call one{.family = family_, .request = {}, .patience = patience};
    one.request.method = Method::post;
    one.request.url = parse_url("https://w.test/api/things");
    const base::Duration before = clock_.elapsed();
    const Answer answer = api().call(std::move(one), {});
    EXPECT_LE(clock_.elapsed() - before, patience);
    return answer.verdict.status;
  };
  EXPECT_EQ(hasty(status(425), seconds(0)), Status::not_yet);
  EXPECT_GT(client_.seen().back().timeout, seconds(0)) << "which would be none";
  EXPECT_EQ(hasty(status(425)), Status::not_yet);
  EXPECT_EQ(client_.seen().back().timeout, seconds(3)) << "nor for its answer";
  EXPECT_TRUE(get({status(503), status(200)}).ok()) << "others are as patient as before";
  EXPECT_EQ(client_.seen().back().timeout, std::nullopt);
  EXPECT_EQ(hasty(status(429, {{"retry-after", "60"}})), Status::throttled);
  EXPECT_EQ(hasty(status(200)), Status::throttled) << "it does not wait for its turn either";
}

TEST_F(ApiTest, TellsOfEachCallThatItMakesAgain) {
  std::vector<Retry> told;
  options_.retrying = [&](const Retry& retry) { told.push_back(retry); };
  EXPECT_TRUE(get({status(429, {{"retry-after", "7"}}), broken(TransportError::Sent::no), status(200)}).ok());
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].problem, "GET https://w.test/api/things: throttled (HTTP 429)");
  EXPECT_EQ(told[0].attempt, 1U);
  EXPECT_EQ(told[0].wait, seconds(7));
  EXPECT_EQ(told[0].patience, minutes(10));
  EXPECT_EQ(told[1].problem, "the connection broke off");
  EXPECT_EQ(told[1].attempt, 2U);
  EXPECT_EQ(told[1].failing, seconds(7));
}

TEST_F(ApiTest, GivesUpSoonAsLongAsNobodyAnswersAtAll) {
  options_.first_patience = seconds(15);
  EXPECT_EQ(error_of([&] { get({broken(TransportError::Sent::no)}); }), ErrorKind::unavailable);
  EXPECT_LE(took_, seconds(15));
  EXPECT_EQ(get({status(503, {}, "<html>Bad Gateway</html>")}).verdict.status, Status::unavailable);
  EXPECT_LE(took_, seconds(15));
  // Being too fast is an answer of the right host.
  EXPECT_EQ(get({status(429)}).verdict.status, Status::throttled);
  EXPECT_GE(took_, minutes(9));
}

TEST_F(ApiTest, IsPatientOnceSomebodyAnswered) {
  options_.first_patience = seconds(15);
  EXPECT_TRUE(get({status(200)}).ok());
  EXPECT_EQ(error_of([&] { get({broken(TransportError::Sent::no)}); }), ErrorKind::unavailable);
  EXPECT_GE(took_, minutes(9));
}

TEST_F(ApiTest, WaitsForAFamilyThatIsAwayOnceAndNotWithEachCall) {
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_GE(took_, minutes(9));
  clock_.advance(seconds(40));
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_EQ(took_, seconds(0)) << "nothing was answered for longer than anybody waits";
  EXPECT_TRUE(get({status(200)}).ok());
  EXPECT_TRUE(get({status(503), status(200)}).ok()) << "another outage";
}

TEST_F(ApiTest, WaitsNoLongerThanItWasLimitedToForAllFamiliesTogether) {
  api().limit_patience(minutes(2));
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_GE(took_, seconds(80));
  EXPECT_LE(took_, minutes(2));
  clock_.advance(seconds(40));  // for so long the budget sends nothing behind a 503
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_EQ(took_, seconds(0)) << "it was waited for";
  family_ = "g";
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_EQ(took_, seconds(0)) << "and so is nothing else of the same side";
  EXPECT_TRUE(get({status(200)}).ok());
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_EQ(took_, seconds(0)) << "the first family is still away";
  family_ = "f";
  EXPECT_TRUE(get({status(200)}).ok());
  EXPECT_TRUE(get({status(503), status(200)}).ok()) << "it is there again, and may be waited for";
}

TEST_F(ApiTest, WaitsNoLongerThanIsUsualWhereTheLimitIsLonger) {
  api().limit_patience(minutes(60));
  EXPECT_EQ(get({status(503)}).verdict.status, Status::unavailable);
  EXPECT_LE(took_, minutes(10));
}

TEST_F(ApiTest, EndsAllCallsOfAFamilyAlikeThatIsToldToWaitForAnHour) {
  const Answer first = get({status(429, {{"retry-after", "3600"}})});
  EXPECT_NE(to_error(first).message().find("asked to wait for 1 h 0 min"), std::string::npos);
  clock_.advance(minutes(10));
  const Answer second = get({status(200)});
  EXPECT_EQ(second.verdict.status, Status::throttled);
  EXPECT_NE(to_error(second).message().find("asked to wait for 50 min 0 s"), std::string::npos);
  EXPECT_EQ(sent(), 1U);
  clock_.advance(minutes(51));
  EXPECT_TRUE(get({status(200)}).ok());
}

TEST_F(ApiTest, SaysWhatWentWrongBeforeItWasStopped) {
  options_.retrying = [&](const Retry&) { stop_.request_stop(); };
  const Error error = test::thrown_by([&] { get({broken(TransportError::Sent::no)}); });
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_EQ(error.message(), "interrupted; what went wrong before: the connection broke off");
}

TEST_F(ApiTest, SaysThatItWasInterruptedWhereNothingWentWrong) {
  stop_.request_stop();
  const Error error = test::thrown_by([&] { get({status(200)}); });
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_EQ(error.message(), "GET https://w.test/api/things: interrupted");
}

TEST_F(ApiTest, MakesAnErrorOfWhatIsNotWanted) {
  options_.refine = [](const Response&, Status by_http) -> Verdict { return {by_http, "CODE", "line one\nline two"}; };
  const Error error = to_error(get({status(403)}));
  EXPECT_EQ(error.kind(), ErrorKind::auth);
  EXPECT_EQ(error.message(), "GET https://w.test/api/things: not allowed (HTTP 403), CODE: line one line two");
  EXPECT_EQ(to_error(get({status(404)})).kind(), ErrorKind::not_found);
  EXPECT_EQ(to_error(get({status(409)})).kind(), ErrorKind::conflict);
  EXPECT_EQ(to_error(get({status(418)})).kind(), ErrorKind::unsupported);
  EXPECT_EQ(error.describe().find("hidden"), std::string::npos);
}

TEST_F(ApiTest, CutsALongMessageBetweenCharacters) {
  options_.refine = [](const Response&, Status by_http) -> Verdict {
    std::string text = "x";
    for (int i = 0; i < 1000; ++i) text += "\xC3\xBC";
    return {by_http, "", text};
  };
  const std::string message = to_error(get({status(403)})).message();
  EXPECT_LT(message.size(), 600U);
  EXPECT_EQ(message.substr(message.size() - 2), "\xC3\xBC");
}

}  // namespace
}  // namespace holdfast::net
