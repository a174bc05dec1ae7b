/* File: a folder of this machine, or one that is mounted on it. */
#ifndef STORAGE_FILE_H
#define STORAGE_FILE_H

#include "storage/storage.h"

/* Scheme "file". The folder is the URL's path, relative to the current folder unless it begins with '/'. */
extern const StorageClass file_storage_class;

#endif
