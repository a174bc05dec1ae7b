/* What every Storage must do, tested through its maker. STORAGE_CONTRACT(file, open_file_storage); in a test file
 * registers all cases for one back end. */
#ifndef CONTRACT_STORAGE_CONTRACT_H
#define CONTRACT_STORAGE_CONTRACT_H

#include "storage/storage.h"
#include "support/test.h"

/* Opens the same folder each time within one test, missing when the test begins. Fails the test if it cannot. */
typedef Storage *StorageContractMaker(void);

#define STORAGE_CONTRACT_CASES(CASE, prefix, make)                                                                     \
        STORAGE_CONTRACT_QUICK_CASES(CASE, prefix, make)                                                               \
        CASE(prefix, make, lists_2500_files_once_each)

/* Those that put few files. */
#define STORAGE_CONTRACT_QUICK_CASES(CASE, prefix, make)                                                               \
        CASE(prefix, make, gives_back_what_was_put)                                                                    \
        CASE(prefix, make, keeps_files_of_any_size)                                                                    \
        CASE(prefix, make, puts_the_whole_file_wherever_its_position_is)                                               \
        CASE(prefix, make, replaces_a_file)                                                                            \
        CASE(prefix, make, empties_the_copy_before_get)                                                                \
        CASE(prefix, make, keeps_files_for_the_next_to_open_it)                                                        \
        CASE(prefix, make, lists_nothing_in_a_missing_folder)                                                          \
        CASE(prefix, make, lists_one_file_with_its_size)                                                               \
        CASE(prefix, make, passes_on_the_error_of_a_sink)                                                              \
        CASE(prefix, make, takes_names_of_any_characters)                                                              \
        CASE(prefix, make, removes_a_file)                                                                             \
        CASE(prefix, make, removes_what_is_gone)                                                                       \
        CASE(prefix, make, says_missing_of_what_is_not_there)                                                          \
        CASE(prefix, make, opens_in_place_or_says_it_cannot)                                                           \
        CASE(prefix, make, refuses_names_that_leave_the_folder)

#define STORAGE_CONTRACT_DECLARE(prefix, make, name) void storage_contract_##name(StorageContractMaker *make);
STORAGE_CONTRACT_CASES(STORAGE_CONTRACT_DECLARE, , make)

#define STORAGE_CONTRACT_TEST(prefix, make, name)                                                                      \
        TEST(prefix##_##name) {                                                                                        \
                storage_contract_##name(make);                                                                         \
        }
#define STORAGE_CONTRACT(prefix, make) STORAGE_CONTRACT_CASES(STORAGE_CONTRACT_TEST, prefix, make)

/* For a back end that takes long for each file; its own test sees to long listings. */
#define STORAGE_CONTRACT_QUICK(prefix, make) STORAGE_CONTRACT_QUICK_CASES(STORAGE_CONTRACT_TEST, prefix, make)

/* Fails the test unless STORAGE lists exactly the files "file-0" to "file-2499", each once. */
void storage_contract_assert_lists_2500(Storage *storage);

/* Number of files that STORAGE lists. */
size_t storage_contract_count(Storage *storage);

/* Puts 300 MiB and gets them, each MiB another. */
void storage_contract_carry_300_megabytes(Storage *storage);

/* Puts BYTES as NAME; fails the test when that fails. */
void storage_contract_put(Storage *storage, const char *name, Bytes bytes);

/* Fails the test unless NAME holds exactly BYTES. */
void storage_contract_assert_holds(Storage *storage, const char *name, Bytes bytes);

/* Folder "repository/deep" and "some-file" in it, in the test's folder, are its owner's alone. */
void storage_contract_assert_private(void);

/* An unnamed temporary file that holds BYTES. */
int storage_contract_temporary(Bytes bytes);

#endif
