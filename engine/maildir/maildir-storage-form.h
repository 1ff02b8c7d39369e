/* The octets of one message on their way into a file, in the form they are stored in (contract C1.5): with LF
 * when turning every bare LF of the file into CRLF gives the octets that came, else byte for byte. Within the
 * module only.
 *
 *   LF form ----------------------------------> byte for byte
 *            an LF without CR, or CR CR LF
 *
 * Nobody knows beforehand which it will be. It begins with LF; at the first line end that can't be stored so,
 * what is in the file already is widened to CRLF, in place and from its end, and the rest goes as it comes.
 * A CR is held back until the octet behind it is known. The result does not depend on how the octets are
 * cut. Memory: one buffer.
 */
#pragma once

#include <glib.h>

typedef struct _MaildirStorageForm MaildirStorageForm;

/* Writes to `fd`, a file that is empty, open for reading and writing, and the caller's. (transfer full) */
MaildirStorageForm *maildir_storage_form_new (int fd);
void maildir_storage_form_free (MaildirStorageForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirStorageForm, maildir_storage_form_free)

/* Both FALSE with errno; the file is then good for nothing. */
gboolean maildir_storage_form_write (MaildirStorageForm *form, const guint8 *data, gsize length);
/* The message is complete: everything is handed to the kernel (not synced). */
gboolean maildir_storage_form_finish (MaildirStorageForm *form);
