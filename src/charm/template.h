/* Template: a text file of the charm with {names} in it, filled in. */
#ifndef CHARM_TEMPLATE_H
#define CHARM_TEMPLATE_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct TemplateValue {
        const char *name, *text;
} TemplateValue;

/* Appends the file FOLDER/NAME with each {name} of VALUES (which end with a NULL name) replaced. What stands in braces
 * and is no word of small letters stays as it is. ERROR_CORRUPT when it names what is not in VALUES. */
CHECKED Error *template_fill(const char *folder, const char *name, const TemplateValue *values, Buffer *out);

#endif
