/* Xml: what a server tells in XML, element by element (expat). Memory does not grow with the text. */
#ifndef STORAGE_XML_H
#define STORAGE_XML_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct Xml Xml;

/* Receives each element at its end. PATH: its name and those around it, without prefixes, "/list/entry/name". TEXT:
 * what stands directly in it, "" when that is nothing, or is longer than 64 KiB. An error ends the parsing and is
 * returned. */
typedef Error *XmlSink(void *context, const char *path, const char *text);

/* For sinks: where the text of an element with such a path goes. */
typedef struct XmlField {
        const char *path;
        Buffer *place;
} XmlField;

/* Puts TEXT where the one of the COUNT fields that PATH belongs to says; drops it when there is none. */
void xml_keep(const XmlField *fields, size_t count, const char *path, const char *text);

/* SPACE: elements of other name spaces than this are called "?"; NULL: all go by their names. */
Xml *xml_new(const char *space, XmlSink *sink, void *context);

/* Parses a further piece. ERROR_CORRUPT for what is not well-formed, has a document type, or is nested deeper than
 * anything we ask for. */
CHECKED Error *xml_feed(Xml *xml, Bytes piece);

/* Ends the text. ERROR_CORRUPT when something is missing. */
CHECKED Error *xml_finish(Xml *xml);

/* The same as xml_feed, as a sink of what is received (HttpSink). CONTEXT is the Xml. */
CHECKED Error *xml_sink(void *context, Bytes piece);

/* Appends TEXT as it may stand in an element. */
void xml_escape(const char *text, Buffer *out);

void xml_free(Xml *xml);
DEFINE_AUTO(Xml, xml_free)

#endif
