#include "storage/xml.h"

#include <expat.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { DEEPEST = 32, LONGEST_PATH = 4096, LONGEST_TEXT = 64 << 10, PIECE = 1 << 20 };

#define SPACE_END '\n' /* stands in no name space's name */

struct Xml {
        XML_Parser parser;
        char *space;
        XmlSink *sink;
        void *context;
        Buffer path, text;
        unsigned depth;
        Error *error;
};

static void stop(Xml *xml, Error *error) {
        xml->error = error;
        (void)XML_StopParser(xml->parser, XML_FALSE); /* fails only when it has stopped already */
}

static const char *local_name(const Xml *xml, const char *name) {
        const char *end = strchr(name, SPACE_END);
        if (!end)
                return xml->space ? "?" : name;
        bool is_ours = !xml->space || bytes_equal_text(bytes_make(name, (size_t)(end - name)), xml->space);
        return is_ours ? end + 1 : "?";
}

static void begin_element(void *context, const char *name, UNUSED const char **attributes) {
        Xml *xml = context;
        if (xml->error)
                return;
        buffer_truncate(&xml->text, 0);
        xml->text.overflowed = false;
        if (++xml->depth > DEEPEST || !buffer_print(&xml->path, "/%s", local_name(xml, name)))
                stop(xml, error_new(ERROR_CORRUPT, "the server's XML is nested too deeply"));
}

static void end_element(void *context, UNUSED const char *name) {
        Xml *xml = context;
        if (xml->error)
                return;
        Error *error = xml->sink(xml->context, buffer_text(&xml->path),
                                 xml->text.overflowed ? "" : buffer_text(&xml->text));
        if (error)
                stop(xml, error);
        buffer_truncate(&xml->path, (size_t)(strrchr(buffer_text(&xml->path), '/') - buffer_text(&xml->path)));
        buffer_truncate(&xml->text, 0);
        xml->depth--;
}

static void add_text(void *context, const char *text, int length) {
        Xml *xml = context;
        buffer_add(&xml->text, bytes_make(text, (size_t)length));
}

/* A document type may define entities that grow without end; no protocol of ours has one. */
static void refuse_type(void *context, UNUSED const char *name, UNUSED const char *system, UNUSED const char *public,
                        UNUSED int internal) {
        Xml *xml = context;
        stop(xml, error_new(ERROR_CORRUPT, "the server's XML has a document type"));
}

Xml *xml_new(const char *space, XmlSink *sink, void *context) {
        Xml *xml = memory_new(Xml);
        xml->space = memory_text(space);
        xml->sink = sink;
        xml->context = context;
        buffer_init(&xml->path, LONGEST_PATH);
        buffer_init(&xml->text, LONGEST_TEXT);
        xml->parser = XML_ParserCreateNS(NULL, SPACE_END);
        if (!xml->parser)
                return xml; /* xml_feed says so */
        XML_SetUserData(xml->parser, xml);
        XML_SetElementHandler(xml->parser, begin_element, end_element);
        XML_SetCharacterDataHandler(xml->parser, add_text);
        XML_SetStartDoctypeDeclHandler(xml->parser, refuse_type);
        return xml;
}

void xml_keep(const XmlField *fields, size_t count, const char *path, const char *text) {
        for (size_t i = 0; i < count; i++)
                if (strcmp(path, fields[i].path) == 0)
                        buffer_set_text(fields[i].place, text);
}

static Error *parse(Xml *xml, Bytes piece, bool is_last) {
        if (!xml->parser)
                return error_new(ERROR_SYSTEM, "expat cannot be used");
        if (xml->error)
                return error_copy(xml->error);
        if (XML_Parse(xml->parser, piece.length ? (const char *)piece.at : "", (int)piece.length, is_last) !=
            XML_STATUS_ERROR)
                return NULL;
        if (!xml->error)
                xml->error = error_new(ERROR_CORRUPT, "cannot read the server's XML: %s",
                                       XML_ErrorString(XML_GetErrorCode(xml->parser)));
        return error_copy(xml->error);
}

Error *xml_feed(Xml *xml, Bytes piece) {
        for (size_t at = 0; at < piece.length; at += PIECE)
                TRY(parse(xml, bytes_slice(piece, at, PIECE), false));
        return NULL;
}

Error *xml_finish(Xml *xml) {
        return parse(xml, bytes_of(""), true);
}

Error *xml_sink(void *context, Bytes piece) {
        return xml_feed(context, piece);
}

void xml_escape(const char *text, Buffer *out) {
        for (; *text; text++) {
                if (strchr("<>&", *text))
                        buffer_print(out, "&#%d;", *text);
                else
                        buffer_add_byte(out, (uint8_t)*text);
        }
}

void xml_free(Xml *xml) {
        if (!xml)
                return;
        if (xml->parser)
                XML_ParserFree(xml->parser);
        memory_free(xml->space);
        buffer_clear(&xml->path);
        buffer_clear(&xml->text);
        error_free(xml->error);
        memory_free(xml);
}
