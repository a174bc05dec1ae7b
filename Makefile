# charm-duplicity. `make help` lists the targets. Everything is built below $(B); the executable is bin/charm-duplicity.

VERSION := 1.0.0
MODE ?= release# release, asan (address and undefined behaviour), tsan (threads) or fuzz
B ?= build/$(MODE)
PREFIX ?= /usr/local
PROGRAM := $(if $(filter release,$(MODE)),bin/charm-duplicity,$(B)/charm-duplicity)
ROOMS := base sys source codec storage catalog engine report cli charm
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += -j$(shell nproc)
endif

# what a literal names is meant to be all: GCC 10 misses the rest in literals within others
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPTIMISE_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPTIMISE_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
OPTIMISE_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_fuzz := -fsanitize=address,undefined,fuzzer
LANGUAGE := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' -Isrc -Itests -include src/base/banned.h
ALL_CFLAGS := $(LANGUAGE) $(CPPFLAGS) $(WARNINGS) $(OPTIMISE_$(MODE)) $(CFLAGS)
ALL_LDFLAGS := $(LINK_$(MODE)) $(LDFLAGS)
LIBS := -lyaml -lgpgme -lrsync -lssh -lisal -lz -lcurl -lexpat -lcrypto -lpcre2-8 -lpthread $(LDLIBS)

# what a room's tests link: the room and those below it, and what stands beside its own tests
BELOW_base := base
BELOW_sys := sys base
BELOW_catalog := catalog base
BELOW_source := source sys base
BELOW_codec := codec sys base
BELOW_storage := storage sys base
BELOW_engine := engine storage codec source catalog sys base
BELOW_report := report $(BELOW_engine)
BELOW_cli := cli $(BELOW_report)
BELOW_charm := charm $(BELOW_report)
BESIDE_storage := tests/contract
BESIDE_engine := tests/engine

objects = $(patsubst %.c,$(B)/%.o,$(foreach folder,$(1),$(wildcard $(folder)/*.c)))
rooms = $(call objects,$(addprefix src/,$(1)))
TESTS := $(foreach room,$(ROOMS),$(if $(wildcard tests/unit/$(room)/*_test.c),$(B)/test-$(room)))
FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
REPLAYS := $(addprefix $(B)/replay-,$(FUZZERS))
FUZZ_SECONDS ?= 60
MANUALS := $(B)/charm-duplicity.1 $(B)/charm-duplicity.bash

all: $(PROGRAM) ## the executable (missing build packages are installed first)

$(PROGRAM): $(B)/src/main.o $(call rooms,$(ROOMS))
	@mkdir -p $(@D)
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c Makefile | build/packages-build
	@mkdir -p $(@D)
	@echo "  CC    $<"; $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%.o: tests/%.c Makefile | build/packages-check
	@mkdir -p $(@D)
	@echo "  CC    $<"; $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# packages once, and again when the list of them has changed
build/packages-%: tools/install-packages
	@tools/install-packages $*
	@mkdir -p build && touch $@

define test_program
$(B)/test-$(1): $(call objects,tests/unit/$(1) tests/support $(BESIDE_$(1))) $(call rooms,$(BELOW_$(1)))
	@echo "  LINK  $$@"; $(CC) $(ALL_LDFLAGS) -o $$@ $$^ -lcmocka $(LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call test_program,$(room))))

$(B)/test-servers: $(call objects,tests/servers tests/support tests/contract) $(call rooms,$(BELOW_storage))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

test-servers: $(B)/test-servers build/packages-check ## storage against real servers on this machine
	tests/servers/run $<

$(addprefix test-,$(ROOMS)): test-%: $(B)/test-% ## unit tests of one room: test-base, test-codec, ...
	$<

$(REPLAYS): $(B)/replay-%: $(B)/tests/fuzz/%_fuzz.o $(B)/tests/fuzz/replay.o $(call rooms,$(BELOW_engine))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# the charm's program: with shared libraries that the charm brings along, or with static ones and what they want
CHARM_LINK_bundled := -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib' $(LIBS)
CHARM_LINK_static := -Wl,-Bstatic,--start-group $(filter-out -lpthread,$(LIBS)) -lassuan -lgpg-error $(if $(filter -lcurl,$(LIBS)),-lssl) \
	-Wl,--end-group,-Bdynamic -lpthread -ldl

$(B)/charm-bundled $(B)/charm-static: $(B)/charm-%: $(B)/src/main.o $(call rooms,$(ROOMS))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -s -o $@ $^ $(CHARM_LINK_$*)

charm: ## duplicity_BASE_ARCH.charm, to deploy; in a root of Debian 11 where that can be had (as root, ten minutes the first time)
	@LIBS='$(LIBS)' VERSION=$(VERSION) CHARM_FOLDER='$(CHARM_FOLDER)' tools/build-charm

charm-here: $(PROGRAM) ## the same with this machine's compiler and libraries, for releases not older than it is
	@LIBS='$(LIBS)' VERSION=$(VERSION) CHARM_FOLDER='$(CHARM_FOLDER)' tools/build-charm --here

# the charm's files, from its own tables
$(B)/charm-files: $(B)/tools/charm-files.o $(call rooms,$(BELOW_charm))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

charm-files: $(B)/charm-files ## config.yaml, actions.yaml, hooks/ and actions/ as the charm's tables say
	$< .

# the manual page and the completion for bash, from the program's own tables
$(B)/manual: $(B)/tools/manual.o $(call rooms,$(BELOW_cli))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(MANUALS): $(B)/%: docs/manual/%.in $(B)/manual
	@echo "  MAKE  $@"; $(B)/manual $< >$@

man: $(MANUALS) ## the manual page and the completion for bash

check: $(PROGRAM) $(MANUALS) $(B)/charm-files $(TESTS) $(B)/test-servers $(REPLAYS) build/packages-check ## every check and test; SYSTEM_TESTS="10-two 80" runs only those of the system tests
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(B))/installed PREFIX=/usr >/dev/null
	@CC="$(CC)" FLAGS='$(LANGUAGE) $(CPPFLAGS) $(WARNINGS)' tools/check $(B) $(abspath $(PROGRAM)) $(B)/test-servers $(TESTS) $(REPLAYS)

check-unit: $(TESTS) ## unit tests of all rooms
	@for test in $(TESTS); do $$test || exit 1; done

check-system: $(PROGRAM) build/packages-check ## the executable as users call it, with stock duplicity
	@PROG=$(abspath $(PROGRAM)) tests/system/run $(SYSTEM_TESTS)

asan: ## check, built with address and undefined behaviour sanitizers
	@$(MAKE) --no-print-directory MODE=asan check

tsan: export TSAN_OPTIONS ?= halt_on_error=1:report_thread_leaks=0# what gpgme forks has threads of ours that end nowhere
tsan: ## unit tests and three system tests, built with the thread sanitizer; SYSTEM_TESTS=none leaves those out
	@$(MAKE) --no-print-directory MODE=tsan SYSTEM_TESTS="$(or $(SYSTEM_TESTS),10-two 12-vol 50-atomic)" check

fuzz: build/packages-fuzz ## each parser of foreign bytes for FUZZ_SECONDS (60)
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang $(addprefix fuzz-,$(FUZZERS))

$(addprefix $(B)/fuzz/,$(FUZZERS)): $(B)/fuzz/%: $(B)/tests/fuzz/%_fuzz.o $(call rooms,$(BELOW_engine))
	@mkdir -p $(@D)
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(addprefix fuzz-,$(FUZZERS)): fuzz-%: $(B)/fuzz/%
	@mkdir -p $(B)/corpus/$*
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 -artifact_prefix=$(B)/fuzz/$*- \
		$(B)/corpus/$* tests/fuzz/corpus/$*

demo: $(PROGRAM) build/packages-demo ## backs up /etc and /usr/share, restores two points in time; then the charm's life, without Juju
	@PROG=$(abspath $(PROGRAM)) tools/demo
	@PROG=$(abspath $(PROGRAM)) tools/demo-charm

$(B)/bench-machine: $(B)/tests/bench/machine.o $(call rooms,$(BELOW_codec))
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/bench-link: $(B)/tests/bench/link.o
	@echo "  LINK  $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ -lpthread

bench: $(PROGRAM) $(B)/bench-machine $(B)/bench-link build/packages-bench ## against stock duplicity, restic, borg and a pipe: time, memory, stored bytes; BENCH_SCALE=0.02 is quick
	@PROG=$(abspath $(PROGRAM)) MACHINE=$(abspath $(B)/bench-machine) LINK=$(abspath $(B)/bench-link) tests/bench/bench

install: $(PROGRAM) $(MANUALS) ## into DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/charm-duplicity
	install -D -m 644 $(B)/charm-duplicity.1 $(DESTDIR)$(PREFIX)/share/man/man1/charm-duplicity.1
	install -D -m 644 $(B)/charm-duplicity.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/charm-duplicity
	install -d $(DESTDIR)$(PREFIX)/share/doc/charm-duplicity
	install -m 644 README.md LICENSE docs/*.md docs/*.svg $(DESTDIR)$(PREFIX)/share/doc/charm-duplicity

clean: ## removes everything that was built
	rm -rf build bin/charm-duplicity duplicity_*.charm

help: ## this list
	@sed -nE 's/^[^ ]*addprefix test-.*: test-.* ## /test-ROOM: ## /; s/^([a-zA-Z-]+):.* ## /\1\t/p' Makefile | \
		awk -F '\t' '{ printf "make %-13s %s\n", $$1, $$2 }'

.DELETE_ON_ERROR:
.PRECIOUS: build/packages-%
.PHONY: all charm charm-here charm-files man check test-servers check-unit check-system asan tsan fuzz demo bench install clean help $(addprefix test-,$(ROOMS)) $(addprefix fuzz-,$(FUZZERS))
-include $(shell find $(B) -name '*.d' 2>/dev/null)
