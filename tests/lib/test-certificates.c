#include "test-certificates.h"
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define BOTH "DNS:localhost,IP:127.0.0.1,IP:::1"
#define LONG_AGO "20000101000000Z"
#define FAR_AHEAD "21000101000000Z"

typedef enum
{
  ISSUER_ROOT,
  ISSUER_INTERMEDIATE,
  ISSUER_STRANGER,
  ISSUER_GOOD,
  ISSUER_SELF,
} Issuer;

typedef struct
{
  const char *file;
  const char *common_name;
  const char *alternatives; /* (nullable) */
  const char *usage;        /* (nullable) */
  const char *not_before, *not_after;
  Issuer issuer;
  gboolean with_issuer;
} Recipe;

static const Recipe recipes[N_TEST_CERTIFICATES] = {
  [TEST_CERTIFICATE_GOOD] = { "good", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_OTHER_KEY] = { "other-key", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_INTERMEDIATE] = { "intermediate", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD,
                                      ISSUER_INTERMEDIATE, TRUE },
  [TEST_CERTIFICATE_INCOMPLETE] = { "incomplete", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD,
                                    ISSUER_INTERMEDIATE },
  [TEST_CERTIFICATE_NAME_ONLY] = { "name", "good", "DNS:localhost", "serverAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_ADDRESS_ONLY] = { "address", "good", "IP:127.0.0.1", "serverAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_WRONG_HOST] = { "wrong-host", "localhost", "DNS:other.example,IP:192.0.2.1", "serverAuth",
                                    LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_COMMON_NAME] = { "common-name", "localhost", NULL, "serverAuth", LONG_AGO, FAR_AHEAD },
  /* DER of one dNSName with a NUL inside; OpenSSL's own configuration syntax can't hold it. */
  [TEST_CERTIFICATE_NUL_IN_NAME] = { "nul", "good",
                                     "DER:30:1a:82:18:6c:6f:63:61:6c:68:6f:73:74:00:2e:6f:74:68:65:72:2e:65:"
                                     "78:61:6d:70:6c:65",
                                     "serverAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_EXPIRED] = { "expired", "good", BOTH, "serverAuth", LONG_AGO, "20200102000000Z" },
  [TEST_CERTIFICATE_NOT_YET] = { "not-yet", "good", BOTH, "serverAuth", "21000102000000Z",
                                 "21010102000000Z" },
  [TEST_CERTIFICATE_CLIENT] = { "client", "good", BOTH, "clientAuth", LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_NO_USAGE] = { "no-usage", "good", BOTH, NULL, LONG_AGO, FAR_AHEAD },
  [TEST_CERTIFICATE_SELF_SIGNED] = { "self-signed", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD,
                                     ISSUER_SELF },
  [TEST_CERTIFICATE_UNTRUSTED] = { "untrusted", "good", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD,
                                   ISSUER_STRANGER, TRUE },
  [TEST_CERTIFICATE_NOT_CA] = { "not-ca", "leaf", BOTH, "serverAuth", LONG_AGO, FAR_AHEAD, ISSUER_GOOD,
                                TRUE },
};

typedef struct
{
  X509 *certificate;
  EVP_PKEY *key;
} Pair;

struct _TestCertificates
{
  char *directory;
  char *ca_file;
  FakeTls files[N_TEST_CERTIFICATES];
  Pair made[N_TEST_CERTIFICATES];
  Pair root, intermediate, stranger;
  long serial;
};

static void
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  if (value == NULL)
    return;
  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

/* Everything but extensions and signature. */
static Pair
make_bare (TestCertificates *certificates, const char *common_name, const char *not_before,
           const char *not_after)
{
  Pair pair = { X509_new (), EVP_EC_gen ("P-256") };
  X509_NAME *name = X509_get_subject_name (pair.certificate);

  X509_set_version (pair.certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (pair.certificate), ++certificates->serial);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guint8 *)common_name, -1, -1, 0);
  ASN1_TIME_set_string (X509_getm_notBefore (pair.certificate), not_before);
  ASN1_TIME_set_string (X509_getm_notAfter (pair.certificate), not_after);
  X509_set_pubkey (pair.certificate, pair.key);
  return pair;
}

static void
sign (Pair *pair, const Pair *issuer)
{
  X509_set_issuer_name (pair->certificate, X509_get_subject_name (issuer->certificate));
  add_extension (pair->certificate, issuer->certificate, NID_subject_key_identifier, "hash");
  g_assert_cmpint (X509_sign (pair->certificate, issuer->key, EVP_sha256 ()), >, 0);
}

static Pair
make_authority (TestCertificates *certificates, const char *common_name, const Pair *issuer)
{
  Pair pair = make_bare (certificates, common_name, LONG_AGO, FAR_AHEAD);

  add_extension (pair.certificate, pair.certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension (pair.certificate, pair.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  sign (&pair, issuer != NULL ? issuer : &pair);
  return pair;
}

static const Pair *
find_issuer (TestCertificates *certificates, const Recipe *recipe, const Pair *self)
{
  switch (recipe->issuer)
    {
    case ISSUER_ROOT:
      return &certificates->root;
    case ISSUER_INTERMEDIATE:
      return &certificates->intermediate;
    case ISSUER_STRANGER:
      return &certificates->stranger;
    case ISSUER_GOOD:
      return &certificates->made[TEST_CERTIFICATE_GOOD];
    case ISSUER_SELF:
      return self;
    }
  g_assert_not_reached ();
}

static char *
write_pem (TestCertificates *certificates, const char *name, X509 *first, X509 *second, EVP_PKEY *key)
{
  char *path = g_build_filename (certificates->directory, name, NULL);
  FILE *file = g_fopen (path, "we");

  g_assert_nonnull (file);
  if (first != NULL)
    PEM_write_X509 (file, first);
  if (second != NULL)
    PEM_write_X509 (file, second);
  if (key != NULL)
    PEM_write_PrivateKey (file, key, NULL, NULL, 0, NULL, NULL);
  fclose (file);
  return path;
}

static void
make (TestCertificates *certificates, TestCertificate which)
{
  const Recipe *recipe = &recipes[which];
  Pair pair = make_bare (certificates, recipe->common_name, recipe->not_before, recipe->not_after);
  const Pair *issuer = find_issuer (certificates, recipe, &pair);
  g_autofree char *certificate_name = g_strconcat (recipe->file, ".pem", NULL);
  g_autofree char *key_name = g_strconcat (recipe->file, "-key.pem", NULL);

  add_extension (pair.certificate, pair.certificate, NID_basic_constraints, "CA:FALSE");
  add_extension (pair.certificate, pair.certificate, NID_subject_alt_name, recipe->alternatives);
  add_extension (pair.certificate, pair.certificate, NID_ext_key_usage, recipe->usage);
  sign (&pair, issuer);
  certificates->made[which] = pair;
  certificates->files[which].certificate_file =
      write_pem (certificates, certificate_name, pair.certificate,
                 recipe->with_issuer ? issuer->certificate : NULL, NULL);
  certificates->files[which].key_file = write_pem (certificates, key_name, NULL, NULL, pair.key);
}

TestCertificates *
test_certificates_new (void)
{
  TestCertificates *certificates = g_new0 (TestCertificates, 1);

  certificates->directory = g_dir_make_tmp ("certificates-XXXXXX", NULL);
  certificates->root = make_authority (certificates, "Test Root", NULL);
  certificates->intermediate = make_authority (certificates, "Test Intermediate", &certificates->root);
  certificates->stranger = make_authority (certificates, "A Stranger", NULL);
  certificates->ca_file = write_pem (certificates, "ca.pem", certificates->root.certificate, NULL, NULL);
  for (int which = 0; which < N_TEST_CERTIFICATES; which++)
    make (certificates, which);
  return certificates;
}

static void
clear_pair (Pair *pair)
{
  X509_free (pair->certificate);
  EVP_PKEY_free (pair->key);
}

static void
remove_directory (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
  g_rmdir (directory);
}

void
test_certificates_free (TestCertificates *certificates)
{
  remove_directory (certificates->directory);
  for (int which = 0; which < N_TEST_CERTIFICATES; which++)
    {
      clear_pair (&certificates->made[which]);
      g_free ((char *)certificates->files[which].certificate_file);
      g_free ((char *)certificates->files[which].key_file);
    }
  clear_pair (&certificates->root);
  clear_pair (&certificates->intermediate);
  clear_pair (&certificates->stranger);
  g_free (certificates->directory);
  g_free (certificates->ca_file);
  g_free (certificates);
}

const char *
test_certificates_get_ca_file (TestCertificates *certificates)
{
  return certificates->ca_file;
}

const char *
test_certificates_get_directory (TestCertificates *certificates)
{
  return certificates->directory;
}

const FakeTls *
test_certificates_get (TestCertificates *certificates, TestCertificate which)
{
  return &certificates->files[which];
}

char *
test_certificates_pin (TestCertificates *certificates, TestCertificate which, gboolean of_key)
{
  X509 *certificate = certificates->made[which].certificate;
  guint8 *der = NULL;
  int length = of_key ? i2d_PUBKEY (certificates->made[which].key, &der) : i2d_X509 (certificate, &der);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *base64 = NULL;
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (checksum, der, length);
  g_checksum_get_digest (checksum, digest, &size);
  OPENSSL_free (der);
  base64 = g_base64_encode (digest, size);
  return g_strconcat ("sha256//", base64, NULL);
}
