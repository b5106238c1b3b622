#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "ui/output.h"

namespace holdfast::cli {
namespace {

constexpr int k_exit_interrupted = 130;
constexpr int k_same_wish_ms = 200;

bool take_signal(int signals) {
  signalfd_siginfo info{};
  return ::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

// timeout(1) sends its signal to the command and then to the group that the command is in, and a terminal that goes
// away more than one: who asks twice in the same moment has not lost patience.
void pass_over_echoes(int signals, int end) {
  while (true) {
    std::array<pollfd, 2> waiting{{{signals, POLLIN, 0}, {end, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), k_same_wish_ms) <= 0 || waiting[1].revents != 0) return;
    take_signal(signals);
  }
}

void watch(int signals, int end, std::stop_source stop) {
  while (true) {
    std::array<pollfd, 2> waiting{{{signals, POLLIN, 0}, {end, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (waiting[1].revents != 0) return;
    if (!take_signal(signals)) continue;
    // The repository survives a kill at any moment, so a user who insists is let go without ceremony.
    if (stop.stop_requested()) ::_exit(k_exit_interrupted);
    ui::write_all(STDERR_FILENO, "\nstopping; once more ends at once\n");
    stop.request_stop();
    pass_over_echoes(signals, end);
  }
}

}  // namespace

SignalWatch::SignalWatch(std::stop_source stop) {
  (void)::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write(2)
  sigset_t set;
  sigemptyset(&set);
  // What was ignored from the start stays ignored: nohup, and jobs in the background of a script.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  end_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || end_ < 0)
    throw base::Error(base::ErrorKind::io, std::string("cannot watch for signals: ") + std::strerror(errno));
  thread_ = std::thread(watch, signals_, end_, std::move(stop));
}

SignalWatch::~SignalWatch() {
  const std::uint64_t one = 1;
  if (::write(end_, &one, sizeof one) == static_cast<ssize_t>(sizeof one))
    thread_.join();
  else
    thread_.detach();
  ::close(signals_);
  ::close(end_);
}

}  // namespace holdfast::cli
