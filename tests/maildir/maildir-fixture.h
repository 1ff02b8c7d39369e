/* A Maildir in a directory of its own, for one test; removed at its end. */
#pragma once

#include "../../engine/maildir/maildir-message.h"
#include "../../engine/maildir/maildir-scan.h"

typedef struct
{
  char *path; /* the directory; the Maildir's root is "mail" in it */
  Account account;
  Maildir *maildir;
} MaildirFixture;

/* With a marker, ready to be worked on. */
void maildir_fixture_init (MaildirFixture *fixture, AccountLayout layout);
void maildir_fixture_clear (MaildirFixture *fixture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MaildirFixture, maildir_fixture_clear)

/* INBOX, made when missing. (transfer full) */
MaildirBox *maildir_fixture_inbox (MaildirFixture *fixture);

/* (transfer full): the path of something beneath the root. */
char *maildir_fixture_path (const MaildirFixture *fixture, const char *relative);
void maildir_fixture_put (const MaildirFixture *fixture, const char *relative, const char *content);
void maildir_fixture_put_octets (const MaildirFixture *fixture, const char *relative, const void *content,
                                 gsize length);
/* (transfer full) */
char *maildir_fixture_get (const MaildirFixture *fixture, const char *relative, gsize *length);
void maildir_fixture_make_directory (const MaildirFixture *fixture, const char *relative);
gboolean maildir_fixture_has (const MaildirFixture *fixture, const char *relative);
void maildir_fixture_remove (const MaildirFixture *fixture, const char *relative);
/* Sets the mtime of new/ and cur/ back, so that no look is within the clock's grain of a change. */
void maildir_fixture_age (const MaildirFixture *fixture, const char *relative, gint64 seconds);

void remove_tree (const char *path);
