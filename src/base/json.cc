#include "base/json.h"

#ifdef HOLDFAST_JSON_TEMPLATES
HOLDFAST_JSON_TEMPLATES()
#endif
