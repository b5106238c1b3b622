// The ways to read a whole table over several connections.  What has to be known beforehand (where to cut) is found
// when a way is made, so that only reading is timed.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "platform/datahub/sql/store.h"

namespace holdfast::bench {

struct Way {
  std::string name;
  std::function<std::uint64_t()> read;  // the bytes of all values
};

std::vector<Way> mysql_ways(const platform::datahub::SqlAddress& address, unsigned connections);
std::vector<Way> postgres_ways(const platform::datahub::SqlAddress& address, unsigned connections);

// Runs work(0) … work(count - 1) on as many threads and adds what they return; the first failure is thrown again.
template <class Work>
std::uint64_t sum_of_threads(unsigned count, const Work& work) {
  std::vector<std::uint64_t> sums(count);
  std::vector<std::exception_ptr> failures(count);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        try {
          sums[i] = work(i);
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
  }
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (failures[i]) std::rethrow_exception(failures[i]);
    sum += sums[i];
  }
  return sum;
}

}  // namespace holdfast::bench
