# What of the tests runs under Wine: those that need no registry of Debian's and no tools of Linux.
jobpod_unit_test(image_windows_test LIBRARIES jobpod_registry_test_tools OpenSSL::SSL OpenSSL::Crypto
  SOURCES image_windows_test.cpp tls_chain_windows_test.cpp)
jobpod_unit_test(image_words_test LIBRARIES jobpod_registry_test_tools
  SOURCES image_words_test.cpp registry_config_test.cpp name_resolver_test.cpp)
