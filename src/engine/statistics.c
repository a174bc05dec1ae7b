#include "engine/statistics.h"

#include "base/json.h"
#include "codec/deflate.h"
#include "engine/publish.h"
#include "sys/file.h"

/* Names and meanings are those of the statistics block. */
static void print(const Summary *summary, Buffer *out) {
        const struct {
                const char *key;
                uint64_t value;
        } numbers[] = {
                { "SourceFiles", summary->source_files },
                { "SourceFileSize", summary->source_bytes },
                { "NewFiles", summary->new_files },
                { "NewFileSize", summary->new_bytes },
                { "DeletedFiles", summary->deleted_files },
                { "ChangedFiles", summary->changed_files },
                { "ChangedFileSize", summary->changed_bytes },
                { "ChangedDeltaSize", 0 }, /* duplicity has never filled it */
                { "DeltaEntries", summary->delta_entries },
                { "RawDeltaSize", summary->delta_bytes },
                { "TotalDestinationSizeChange", summary->stored_bytes },
                { "Errors", summary->problem_count },
        };
        Json json = json_begin(out);
        json_object(&json, NULL);
        json_decimal(&json, "StartTime", summary->started);
        json_decimal(&json, "EndTime", summary->ended);
        json_decimal(&json, "ElapsedTime", summary->ended - summary->started);
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
                json_number(&json, numbers[i].key, numbers[i].value);
        json_end(&json);
}

Error *statistics_store(Session *session, const Plan *plan, const Summary *summary) {
        static const char what[] = "the statistics";
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_FD int gzip = -1;
        SealForm form;
        print(summary, &text);
        TRY(seal_choose(session, &form));
        TRY(scratch_file(session->scratch, &gzip));
        AUTO(writer_abandon) Writer *packed = deflate_write_gzip(stream_write_fd(gzip, false, what));
        TRY(writer_write(packed, buffer_bytes(&text)));
        TRY(writer_finish(TAKE(packed)));
        return publish_put(session, plan, FILE_STATISTICS, form == SEAL_GZIP ? SEAL_PLAIN : form, gzip);
}
