#include "storage/xml.h"

#include "base/memory.h"
#include "support/test.h"

static Error *note(void *context, const char *path, const char *text) {
        buffer_print(context, "%s=%s|", path, text);
        return NULL;
}

static Error *read_in_pieces(const char *space, const char *text, size_t size, Buffer *out) {
        AUTO(xml_free) Xml *xml = xml_new(space, note, out);
        Bytes bytes = bytes_of(text);
        for (size_t at = 0; at < bytes.length; at += size)
                TRY(xml_feed(xml, bytes_slice(bytes, at, size)));
        return xml_finish(xml);
}

static void assert_read(const char *space, const char *text, const char *wanted) {
        for (size_t size = 1; size < 40; size += 19) {
                AUTO_VALUE(buffer_clear) Buffer out;
                buffer_init(&out, 0);
                assert_ok(read_in_pieces(space, text, size, &out));
                assert_string_equal(buffer_text(&out), wanted);
        }
}

TEST(xml_tells_each_element_at_its_end) {
        assert_read(NULL, "<?xml version=\"1.0\"?><a>x<b> y&amp;\n<![CDATA[<z>]]></b><c/>tail</a>",
                    "/a/b= y&\n<z>|/a/c=|/a=tail|");
        assert_read(NULL, "<a xmlns=\"one\" xmlns:t=\"two\"><t:b>\xc3\xbc&#252;</t:b></a>",
                    "/a/b=\xc3\xbc\xc3\xbc|/a=|");
}

TEST(xml_tells_name_spaces_apart) {
        assert_read("DAV:", "<D:a xmlns:D=\"DAV:\" xmlns:o=\"other\"><D:b>1</D:b><o:b>2</o:b></D:a>",
                    "/a/b=1|/a/?=2|/a=|");
        assert_read("DAV:", "<a><b>1</b></a>", "/?/?=1|/?=|");
}

TEST(xml_refuses_what_is_none) {
        static const struct {
                const char *text, *why;
        } bad[] = {
                { "", "no element" },
                { "<a>", "no element found" },
                { "<a></b>", "mismatched" },
                { "<html><br></html>", "mismatched" },
                { "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\">]><a>&b;</a>", "document type" },
                { "not at all", "syntax error" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO_VALUE(buffer_clear) Buffer out;
                buffer_init(&out, 0);
                assert_error(read_in_pieces(NULL, bad[i].text, 7, &out), ERROR_CORRUPT, bad[i].why);
        }
}

TEST(xml_refuses_depth_without_end) {
        AUTO_VALUE(buffer_clear) Buffer text;
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&text, 0);
        buffer_init(&out, 0);
        for (unsigned i = 0; i < 100000; i++)
                buffer_add_text(&text, "<a>");
        assert_error(read_in_pieces(NULL, buffer_text(&text), 4096, &out), ERROR_CORRUPT, "deeply");
        assert_int_equal(out.length, 0);
}

TEST(xml_leaves_out_texts_that_are_too_long) {
        AUTO_VALUE(buffer_clear) Buffer text;
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&text, 0);
        buffer_init(&out, 0);
        buffer_add_text(&text, "<a><b>");
        for (unsigned i = 0; i < 70000; i++)
                buffer_add_byte(&text, 'x');
        buffer_add_text(&text, "</b><c>short</c></a>");
        assert_ok(read_in_pieces(NULL, buffer_text(&text), 1000, &out));
        assert_string_equal(buffer_text(&out), "/a/b=|/a/c=short|/a=|");
}

static Error *refuse(UNUSED void *context, const char *path, UNUSED const char *text) {
        return strcmp(path, "/a/b") == 0 ? error_new(ERROR_DENIED, "enough of it") : NULL;
}

TEST(xml_passes_on_the_error_of_a_sink) {
        AUTO(xml_free) Xml *xml = xml_new(NULL, refuse, NULL);
        assert_error(xml_feed(xml, bytes_of("<a><b/><c/>")), ERROR_DENIED, "enough of it");
        assert_error(xml_feed(xml, bytes_of("</a>")), ERROR_DENIED, "enough of it");
        assert_error(xml_finish(xml), ERROR_DENIED, "enough of it");
}

TEST(xml_escapes_what_would_be_markup) {
        AUTO_VALUE(buffer_clear) Buffer out;
        AUTO_VALUE(buffer_clear) Buffer again;
        buffer_init(&out, 0);
        buffer_init(&again, 0);
        buffer_add_text(&out, "<a>");
        xml_escape("<tag a=\"b\"> & 'c' ]]>", &out);
        buffer_add_text(&out, "</a>");
        assert_ok(read_in_pieces(NULL, buffer_text(&out), 100, &again));
        assert_string_equal(buffer_text(&again), "/a=<tag a=\"b\"> & 'c' ]]>|");
}
