/* A certificate authority of the test's own: good certificates and every kind of bad one, made on the spot in
 * a temporary directory. */
#pragma once

#include "fake-server.h"

typedef enum
{
  TEST_CERTIFICATE_GOOD,         /* localhost, 127.0.0.1, ::1 */
  TEST_CERTIFICATE_OTHER_KEY,    /* as good, another key */
  TEST_CERTIFICATE_INTERMEDIATE, /* as good, issued by an intermediate authority that comes along */
  TEST_CERTIFICATE_INCOMPLETE,   /* the same, but the intermediate does not come */
  TEST_CERTIFICATE_NAME_ONLY,    /* localhost, no address */
  TEST_CERTIFICATE_ADDRESS_ONLY, /* 127.0.0.1, no name */
  TEST_CERTIFICATE_WRONG_HOST,   /* other.example and 192.0.2.1 */
  TEST_CERTIFICATE_COMMON_NAME,  /* CN=localhost, no subjectAltName */
  TEST_CERTIFICATE_NUL_IN_NAME,  /* "localhost\0.other.example" */
  TEST_CERTIFICATE_EXPIRED,      /* until 2020-01-02 */
  TEST_CERTIFICATE_NOT_YET,      /* from 2100-01-02 on */
  TEST_CERTIFICATE_CLIENT,       /* extended key usage: clientAuth */
  TEST_CERTIFICATE_NO_USAGE,     /* no extended key usage: good for everything */
  TEST_CERTIFICATE_SELF_SIGNED,
  TEST_CERTIFICATE_UNTRUSTED, /* by an authority that nobody knows */
  TEST_CERTIFICATE_NOT_CA,    /* issued by TEST_CERTIFICATE_GOOD, which is no authority */
  N_TEST_CERTIFICATES
} TestCertificate;

typedef struct _TestCertificates TestCertificates;

TestCertificates *test_certificates_new (void);
/* Removes the directory with everything in it. */
void test_certificates_free (TestCertificates *certificates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCertificates, test_certificates_free)

/* For NetEndpoint.tls_ca_file. */
const char *test_certificates_get_ca_file (TestCertificates *certificates);
/* Where files may be put. */
const char *test_certificates_get_directory (TestCertificates *certificates);
/* For fake_server_new; also PEM files for real servers. */
const FakeTls *test_certificates_get (TestCertificates *certificates, TestCertificate which);

/* (transfer full): "sha256//..." of the public key, or of the certificate. */
char *test_certificates_pin (TestCertificates *certificates, TestCertificate which, gboolean of_key);
