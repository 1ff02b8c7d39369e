/* What is inside a mailbox: within the module only. */
#pragma once

#include "maildir-file.h"

struct _MaildirBox
{
  Maildir *maildir;
  MaildirFd fd;
  MaildirFd new_fd, cur_fd, tmp_fd;
  char separator;
  char *label; /* for messages: the path, safe to print */
};

/* DAMAGED when cur/ or new/ of the mailbox is not the directory that was opened any more: what the open
 * descriptors say is then no observation of the mailbox. */
gboolean maildir_box_check (MaildirBox *box, GError **error);

/* new/ or cur/ */
int maildir_box_get_part (MaildirBox *box, gboolean in_new);

/* Our own files in a mailbox directory. */
#define MAILDIR_MAKING_NAME ".dovetail-making" /* its parts are being made or taken away */
#define MAILDIR_FULL_NAME_NAME ".dovetail-name"
#define MAILDIR_FULL_NAME_TEMPORARY ".dovetail-name.tmp"

/* Makes cur/ new/ tmp/ where they are missing, durably; MAILDIR_MAKING_NAME stands there meanwhile. FALSE
 * with errno. */
gboolean maildir_box_make_parts (int box_fd);

/* Where a file is read once more because somebody renames meanwhile: so often, and no more. */
#define MAILDIR_LOOKS_MAX 5
