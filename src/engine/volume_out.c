#include "engine/volume_out.h"

struct VolumeOut {
        Ship *ship;
        uint64_t volume_size; /* most of later volumes */
        uint64_t most;        /* of the volume at work */
        uint64_t written;     /* plain bytes of it */
        uint64_t count;       /* volumes that have been ended */
        bool has_volume, has_any;
        Position first, last; /* of the volume at work; paths in the buffers below */
        Buffer first_path, last_path;
        Buffer header;
};

VolumeOut *volume_out_new(Ship *ship, const VolumeOutOptions *options) {
        VolumeOut *out = memory_new(VolumeOut);
        out->ship = ship;
        out->volume_size = out->most = options->volume_size;
        out->has_any = options->has_volumes;
        if (options->begins_small && !options->has_volumes)
                out->most /= VOLUME_OUT_SMALL;
        return out;
}

static void keep_position(Position *position, Buffer *text, Position value) {
        buffer_truncate(text, 0);
        (void)buffer_add_text(text, value.path); /* no ceiling */
        *position = (Position){ .path = buffer_text(text), .block = value.block };
}

static Error *write(VolumeOut *out, Bytes bytes) {
        out->written += bytes.length;
        return ship_add_to_volume(out->ship, bytes);
}

/* Ends the volume at work. The end-of-archive blocks are for plain tar readers; nobody demands them. */
static Error *end_volume(VolumeOut *out) {
        static const uint8_t end[2 * TAR_BLOCK];
        TRY(write(out, bytes_make(end, sizeof end)));
        TRY(ship_end_volume(out->ship, out->first, out->last));
        out->has_volume = false;
        out->written = 0;
        out->most = out->volume_size;
        out->count++;
        return NULL;
}

Error *volume_out_add(VolumeOut *out, const TarMember *member, Bytes payload, Position position) {
        static const uint8_t zeros[TAR_BLOCK];
        buffer_truncate(&out->header, 0);
        tar_print_header(member, &out->header);
        size_t padding = tar_padding(payload.length);
        if (out->has_volume && out->written + out->header.length + payload.length + padding > out->most)
                TRY(end_volume(out));
        if (!out->has_volume)
                keep_position(&out->first, &out->first_path, position);
        out->has_volume = out->has_any = true;
        keep_position(&out->last, &out->last_path, position);
        TRY(write(out, buffer_bytes(&out->header)));
        TRY(write(out, payload));
        return write(out, bytes_make(zeros, padding));
}

Error *volume_out_finish(VolumeOut *out) {
        if (!out->has_any) {
                keep_position(&out->first, &out->first_path, (Position){ "", -1 });
                keep_position(&out->last, &out->last_path, (Position){ "", -1 });
                out->has_volume = true;
        }
        return out->has_volume ? end_volume(out) : NULL;
}

uint64_t volume_out_count(const VolumeOut *out) {
        return out->count;
}

void volume_out_free(VolumeOut *out) {
        if (!out)
                return;
        buffer_clear(&out->first_path);
        buffer_clear(&out->last_path);
        buffer_clear(&out->header);
        memory_free(out);
}
