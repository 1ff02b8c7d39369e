/* Events as JSON (RFC 8259), one object a line. Pure. */
#pragma once

#include "../engine/engine.h"

/* (transfer full): without the line end. The members are those that `dovetail --help` names. */
char *json_from_event (const EngineEvent *event);
