// MLflow's metadata: experiments and registered models.  Runs are data and are not here.
#pragma once

#include <cstdint>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct Experiments {  // part of a World
  Documents documents;
};

struct RegisteredModels {  // part of a World
  Documents documents;     // by name
  Documents versions;      // by name/version
};

void found_mlflow(World& world);
void add_mlflow_routes(Router& router);
void add_experiment_routes(Router& router);
void add_registered_model_routes(Router& router);

}  // namespace holdfast::sim::databricks
