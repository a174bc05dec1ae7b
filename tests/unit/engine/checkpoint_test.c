#include "engine/checkpoint.h"

#include "support/test.h"

static Checkpoint *make_checkpoint(void) {
        Checkpoint *checkpoint = checkpoint_new((Position){ "a b\n\xff", 7 }, (Position){ "", -1 });
        checkpoint->volume.number = 3;
        memset(checkpoint->volume.hash, 0xAB, DIGEST_SHA1_SIZE);
        checkpoint->size = UINT64_MAX;
        checkpoint->signatures = (CheckpointFile){ 1, 2 };
        checkpoint->signature_bytes = 3;
        checkpoint->signature_crc = 4;
        checkpoint->list = (CheckpointFile){ 5, 6 };
        checkpoint->list_count = 7;
        for (uint64_t i = 0; i < SUMMARY_NUMBERS; i++)
                checkpoint->mark.numbers[i] = 100 + i;
        checkpoint->next = memory_text("the next=-%41");
        checkpoint->is_firm = 1;
        checkpoint->cut = (CheckpointCut){ .chunks = 8, .kind = 1, .payload_crc = 9 };
        memset(checkpoint->cut.identity, 0xCD, DIGEST_SHA256_SIZE);
        return checkpoint;
}

/* The one line of TEXT, without its newline. */
static Bytes line_of(const Buffer *text) {
        Bytes rest, line = bytes_cut(buffer_bytes(text), '\n', &rest);
        assert_int_equal(rest.length, 0);
        assert_int_equal(line.length + 1, text->length);
        return line;
}

static void read_line(const Buffer *text, CheckpointLine kind, Bytes *ret_fields) {
        CheckpointLine found;
        assert_true(checkpoint_read_line(line_of(text), &found, ret_fields));
        assert_int_equal(found, kind);
}

TEST(checkpoint_survives_being_written_and_read) {
        AUTO(checkpoint_free) Checkpoint *written = make_checkpoint();
        AUTO(checkpoint_free) Checkpoint *read = NULL;
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL }, again = { .data = NULL };
        Bytes fields;
        checkpoint_print(written, &text);
        read_line(&text, CHECKPOINT_LINE_VOLUME, &fields);
        assert_true(checkpoint_parse(fields, &read));
        assert_int_equal(read->volume.number, 3);
        assert_int_equal(read->volume.hash_kind, MANIFEST_HASH_SHA1);
        assert_memory_equal(read->volume.hash, written->volume.hash, DIGEST_SHA1_SIZE);
        assert_string_equal(read->volume.first.path, "a b\n\xff");
        assert_int_equal(read->volume.first.block, 7);
        assert_string_equal(read->volume.last.path, "");
        assert_int_equal(read->volume.last.block, -1);
        assert_true(read->size == UINT64_MAX);
        assert_int_equal(read->mark.numbers[SUMMARY_NUMBERS - 1], 100 + SUMMARY_NUMBERS - 1);
        assert_string_equal(read->next, "the next=-%41");
        assert_int_equal(read->cut.chunks, 8);
        checkpoint_print(read, &again); /* and every other field */
        assert_string_equal(buffer_text(&again), buffer_text(&text));
}

TEST(checkpoint_tells_no_path_from_an_empty_one) {
        AUTO(checkpoint_free) Checkpoint *written = make_checkpoint();
        static const char *const texts[] = { NULL, "" };
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
                AUTO(checkpoint_free) Checkpoint *read = NULL;
                AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
                Bytes fields;
                memory_free(TAKE(written->next));
                written->next = memory_text(texts[i]);
                checkpoint_print(written, &text);
                read_line(&text, CHECKPOINT_LINE_VOLUME, &fields);
                assert_true(checkpoint_parse(fields, &read));
                assert_int_equal(read->next != NULL, texts[i] != NULL);
        }
}

TEST(checkpoint_line_that_is_cut_or_altered_is_not_believed) {
        AUTO(checkpoint_free) Checkpoint *checkpoint = make_checkpoint();
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        CheckpointLine kind;
        Bytes fields;
        checkpoint_print(checkpoint, &text);
        Bytes line = line_of(&text);
        for (size_t length = 0; length < line.length; length++)
                assert_false(checkpoint_read_line(bytes_slice(line, 0, length), &kind, &fields));
        for (size_t i = 0; i < line.length; i++) {
                if (text.data[i] == ' ' && i == 8)
                        continue; /* any other byte there ends nothing */
                text.data[i] ^= 1;
                assert_false(checkpoint_read_line(line, &kind, &fields));
                text.data[i] ^= 1;
        }
        assert_true(checkpoint_read_line(line, &kind, &fields));
}

TEST(checkpoint_with_a_field_too_few_or_too_many_is_refused) {
        AUTO(checkpoint_free) Checkpoint *written = make_checkpoint();
        AUTO(checkpoint_free) Checkpoint *read = NULL;
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Bytes fields;
        checkpoint_print(written, &text);
        read_line(&text, CHECKPOINT_LINE_VOLUME, &fields);
        for (size_t length = 0; length < fields.length; length++)
                if (fields.at[length] == ' ')
                        assert_false(checkpoint_parse(bytes_slice(fields, 0, length), &read));
        AUTO_TEXT char *longer = memory_print("%.*s 1", (int)fields.length, (const char *)fields.at);
        assert_false(checkpoint_parse(bytes_of(longer), &read));
        assert_null(read);
}

TEST(checkpoint_head_and_token_survive) {
        CheckpointHead head = { .is_full = 1, .start = (uint64_t)-5, .time = 20 }, found = { .is_full = 0 };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_TEXT char *token = NULL;
        Bytes fields;
        head.demands[CHECKPOINT_HOST] = memory_text("a host");
        head.demands[CHECKPOINT_FILE_LIST] = memory_text("1");
        checkpoint_print_head(&head, &text);
        read_line(&text, CHECKPOINT_LINE_HEAD, &fields);
        assert_true(checkpoint_parse_head(fields, &found));
        assert_int_equal((int64_t)found.start, -5);
        assert_int_equal(found.time, 20);
        assert_string_equal(found.demands[CHECKPOINT_HOST], "a host");
        assert_null(found.demands[CHECKPOINT_SOURCE]);
        assert_string_equal(found.demands[CHECKPOINT_FILE_LIST], "1");
        checkpoint_clear_head(&head);
        checkpoint_clear_head(&found);
        buffer_truncate(&text, 0);
        checkpoint_print_token("aGk=", &text);
        read_line(&text, CHECKPOINT_LINE_TOKEN, &fields);
        assert_true(checkpoint_parse_token(fields, &token));
        assert_string_equal(token, "aGk=");
        buffer_truncate(&text, 0);
        checkpoint_print_whole(&text);
        read_line(&text, CHECKPOINT_LINE_WHOLE, &fields);
        assert_int_equal(fields.length, 0);
}
