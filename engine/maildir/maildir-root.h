/* What is inside a Maildir: within the module only. */
#pragma once

#include "maildir-file.h"

struct _Maildir
{
  MaildirFd root_fd;
  MaildirFd lock_fd;
  AccountLayout layout;
  char separator;
  char *path; /* for messages, as the account has it */
};
