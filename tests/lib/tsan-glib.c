/* An LD_PRELOAD library that tells ThreadSanitizer what GLib's locks order.
 *
 * GMutex and GCond sleep on futexes, which the sanitizer does not see: code that is right is reported. Here
 * each lock is announced. In programs without the sanitizer the calls just go through.
 */
#include <dlfcn.h>
#include <glib.h>

extern void __tsan_acquire (void *address) __attribute__ ((weak));
extern void __tsan_release (void *address) __attribute__ ((weak));

static void
acquire (gpointer lock)
{
  if (__tsan_acquire != NULL)
    __tsan_acquire (lock);
}

static void
release (gpointer lock)
{
  if (__tsan_release != NULL)
    __tsan_release (lock);
}

void
g_mutex_lock (GMutex *mutex)
{
  void (*next) (GMutex *) = (void (*) (GMutex *))dlsym (RTLD_NEXT, "g_mutex_lock");

  next (mutex);
  acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean (*next) (GMutex *) = (gboolean (*) (GMutex *))dlsym (RTLD_NEXT, "g_mutex_trylock");
  gboolean locked = next (mutex);

  if (locked)
    acquire (mutex);
  return locked;
}

void
g_mutex_unlock (GMutex *mutex)
{
  void (*next) (GMutex *) = (void (*) (GMutex *))dlsym (RTLD_NEXT, "g_mutex_unlock");

  release (mutex);
  next (mutex);
}

/* Waiting gives the mutex up and takes it again. */
void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  void (*next) (GCond *, GMutex *) = (void (*) (GCond *, GMutex *))dlsym (RTLD_NEXT, "g_cond_wait");

  release (mutex);
  next (cond, mutex);
  acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean (*next) (GCond *, GMutex *, gint64) =
      (gboolean (*) (GCond *, GMutex *, gint64))dlsym (RTLD_NEXT, "g_cond_wait_until");
  gboolean signalled;

  release (mutex);
  signalled = next (cond, mutex, end_time);
  acquire (mutex);
  return signalled;
}
