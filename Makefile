# charm-duplicity. `make help` lists the targets. Everything is built below $(B); the executable is bin/charm-duplicity.

VERSION := 1.0.0
MODE ?= release# release, asan (address and undefined behaviour) or tsan (threads)
B ?= build/$(MODE)
PROGRAM := $(if $(filter release,$(MODE)),bin/charm-duplicity,$(B)/charm-duplicity)
ROOMS := base sys source codec storage catalog engine cli

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPTIMISE_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPTIMISE_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
ALL_CPPFLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' -Isrc -Itests -include src/base/banned.h $(CPPFLAGS)
ALL_CFLAGS := -std=gnu17 $(WARNINGS) $(OPTIMISE_$(MODE)) $(CFLAGS)
ALL_LDFLAGS := $(LINK_$(MODE)) $(LDFLAGS)
LIBS := -lgpgme -lrsync -lisal -lz -lcrypto -lpthread $(LDLIBS)

# what a room's tests link: the room and those below it
BELOW_base := base
BELOW_sys := sys base
BELOW_catalog := catalog base
BELOW_source := source sys base
BELOW_codec := codec sys base
BELOW_storage := storage sys base
BELOW_engine := engine storage codec source catalog sys base
BELOW_cli := cli $(BELOW_engine)

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
TESTS := $(foreach room,$(ROOMS),$(if $(wildcard tests/unit/$(room)/*_test.c),$(B)/test-$(room)))

all: $(PROGRAM)

$(PROGRAM): $(B)/src/main.o $(foreach room,$(ROOMS),$(call objects,src/$(room)))
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define test_program
$(B)/test-$(1): $(call objects,tests/unit/$(1)) $(call objects,tests/support) $(foreach room,$(BELOW_$(1)),$(call objects,src/$(room)))
	$(CC) $(ALL_LDFLAGS) -o $$@ $$^ -lcmocka $(LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call test_program,$(room))))

# unit tests of one room: make test-codec
$(addprefix test-,$(ROOMS)): test-%: $(B)/test-%
	$<

check-unit: $(TESTS)
	@for test in $(TESTS); do $$test || exit 1; done

clean:
	rm -rf build bin/charm-duplicity

.PHONY: all check-unit clean $(addprefix test-,$(ROOMS))
-include $(shell find $(B) -name '*.d' 2>/dev/null)
