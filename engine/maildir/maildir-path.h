/* Directories beneath a root that no path can leave: not by "..", not by a symbolic link put there meanwhile.
 * Within the module only. */
#pragma once

#include <glib.h>

/* TRUE for "" (the root itself) and for components, none of them empty, "." or "..", between slashes. */
gboolean maildir_path_is_safe (const char *path);

/* A descriptor of the directory `path` beneath `root_fd`, or -1 with errno: ENOENT only when there is
 * nothing; ELOOP or ENOTDIR for symbolic links and files on the way; EINVAL for a path that is not safe. */
int maildir_path_open (int root_fd, const char *path);

/* The same by a walk from component to component, for kernels without openat2. With `make` what is missing
 * is made (0700), each entry durable. */
int maildir_path_walk (int root_fd, const char *path, gboolean make);

/* An absolute path from outside (the root itself): makes what is missing (0700), each entry durable.
 * Symbolic links are followed. FALSE with errno. */
gboolean maildir_path_make_absolute (const char *path);
