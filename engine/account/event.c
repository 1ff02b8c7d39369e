#include "event.h"

gboolean
engine_detail_has (EngineDetail detail, EngineEventType type)
{
  switch (type)
    {
    case ENGINE_EVENT_DEBUG:
      return detail == ENGINE_DETAIL_ALL;
    case ENGINE_EVENT_INFO:
      return detail != ENGINE_DETAIL_RESULTS;
    case ENGINE_EVENT_RESULT:
    case ENGINE_EVENT_WARNING:
    case ENGINE_EVENT_ERROR:
    case ENGINE_EVENT_PROGRESS:
    case ENGINE_EVENT_DONE:
      return TRUE;
    }
  g_assert_not_reached ();
}
