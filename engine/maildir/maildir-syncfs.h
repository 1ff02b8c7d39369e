/* Where one syncfs makes every file durable that was written before. */
#pragma once

#include <glib.h>

/* A descriptor (transfer full) for syncfs on the file system of a directory; -1 where syncfs may do less than
 * an fsync of each file would: on file systems that are not known to honour it (FUSE, network), and on
 * kernels that keep an error of it to themselves. It tells of errors since this call. */
int maildir_syncfs_open (int directory_fd);
