/* What the module asks of the file system, in one place each: descriptors that close themselves, errors from
 * errno, whole writes, renames that never replace, small files replaced as a whole. Within the module only.
 *
 * An error of write, fsync or close is final: the caller discards the file, nobody syncs it again
 * (an fsync that is repeated after a failure may report success for data that is gone).
 */
#pragma once

#include "maildir.h"
#include "../message/message-identity.h"

#include <dirent.h>
#include <sys/stat.h>

/* A descriptor that is closed at the end of its scope; -1 is none. */
typedef int MaildirFd;
void maildir_fd_close (MaildirFd fd);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (MaildirFd, maildir_fd_close, -1)
int maildir_fd_steal (MaildirFd *fd);

/* "what: cause", as NO_SPACE (with advice) where the disk or the quota is full, else as IO. What comes from
 * outside is to be made safe to print before. */
void
maildir_set_error_from_errno (GError **error, int error_number, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* TRUE for what can be a file name in a Maildir: not empty, no leading dot, no slash, at most 255 octets. */
gboolean maildir_file_is_name (const char *name);

gint64 maildir_file_time_ns (const struct timespec *time); /* saturates */

/* The calls below return FALSE with errno set. */

gboolean maildir_file_write_all (int fd, const void *data, gsize length);
/* Never replaces: EEXIST. Where the file system can't rename so: by link and unlink. A target that is the
 * source's other name (a crash between link and unlink) counts as done. */
gboolean maildir_file_rename (int from_fd, const char *from, int to_fd, const char *to);
/* All octets from the start of one file to the other; shared where the file system can (reflink). */
gboolean maildir_file_copy (int from_fd, int to_fd);
/* All octets from where the file stands. */
gboolean maildir_file_hash (int fd, MessageHasher *hasher);

/* A listing from the start, whoever else reads the descriptor's directory. NULL with errno. */
DIR *maildir_file_list (int directory_fd);

/* An existing regular file, for reading: O_NOFOLLOW, never waiting for a FIFO. -1 with errno, EINVAL for what
 * is no regular file. */
int maildir_file_open (int directory_fd, const char *name, struct stat *info);

/* The content of a small regular file: (transfer full) (nullable), NULL with errno; EFBIG above `limit`. */
char *maildir_file_read (int directory_fd, const char *name, gsize limit, gsize *length);
/* Durable, all or nothing: into `temporary` (0600, replaced), fsync, rename over `name`, directory fsync. */
gboolean maildir_file_replace (int directory_fd, const char *name, const char *temporary, const char *content,
                               gsize length);

/* Removes the regular files of a directory whose ctime is before `before` (seconds since 1970); names with a
 * leading dot and what can't be removed stay. */
void maildir_file_remove_older (int directory_fd, gint64 before);
