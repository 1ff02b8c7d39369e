#include "maildir-box.h"
#include "maildir-delivery.h"

#define ABANDONED_SECONDS (36 * 60 * 60)

void
maildir_box_clean_tmp (MaildirBox *box, gint64 now)
{
  maildir_file_remove_older (box->tmp_fd, now - ABANDONED_SECONDS);
}
