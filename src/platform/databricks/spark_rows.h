// What Spark and dbutils tell, as rows of texts.  Answers come as lines of JSON in base64, with a last line that says
// how many there are: what was cut off on the way is never taken for whole, and no text is taken for a secret and
// blotted out.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/databricks/cluster.h"

namespace holdfast::platform::databricks {

struct SparkAnswer {
  std::vector<std::vector<std::string>> rows;
  std::string error;  // in the cluster's words; empty: there is none
};

// Each statement once, in their order; one that is refused, or whose answer is too long for the API, is an answer with
// an error.  What was told before it throws is good.  Throws what Cluster::run() does but OutputCut.
using SparkSink = std::function<void(std::size_t number, SparkAnswer answer)>;
void run_statements(Cluster& cluster, const std::vector<std::string>& statements, const SparkSink& sink,
                    const std::stop_token& stop);
std::vector<SparkAnswer> run_statements(Cluster& cluster, const std::vector<std::string>& statements,
                                        const std::stop_token& stop);
// The same up to the first that is refused: answers to those that were run.  The cluster itself ends there, so that
// nobody who is killed in between leaves a part behind, as long as they fit into one command.  Throws LostAnswer where
// what was told is cut off: they may have been run, and are not run again.
std::vector<SparkAnswer> run_until_refused(Cluster& cluster, const std::vector<std::string>& statements,
                                           const std::stop_token& stop);
// The mounts as dbutils lists them, in its order: mount point, source, encryption type.
void list_mounts(Cluster& cluster, const SparkSink& sink, const std::stop_token& stop);

}  // namespace holdfast::platform::databricks
