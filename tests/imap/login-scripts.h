/* What the scripts of logins have in common. */
#pragma once

#include "session-fixture.h"

/* What must never be shown or believed when it came in clear. */
#define LURE "visit evil.example"

#define GREET_PLAIN                                                                                          \
  {                                                                                                          \
    FAKE_SEND, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n"                                       \
  }
#define EXPECT_PLAIN                                                                                         \
  {                                                                                                          \
    FAKE_EXPECT, "$TAG AUTHENTICATE PLAIN AGFsaWNlAG9wZW4gc2VzYW1l"                                          \
  }
