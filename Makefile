# SPDX-License-Identifier: MIT OR Apache-2.0
#
# make              build/tmro-bot
# make demo         builds, and shows an announcement on this machine (POST=FILE.md: of any post)
# make check        all tests
# make check-corpus real issues, CORPUS=DIR with pages, sources and expected data
# make check-systemd the installed service under a real systemd; needs root
# make check-clients Zulip's own client on the fake server
# make lint         static analysis        make asan, tsan, valgrind  tests under them
# make fuzz         all fuzzers, an hour each; TARGET=request SECONDS=N
# make bench, rivals figures                make format              by .clang-format
# make golden-update expected output as it is now; read the diff        make clean
# make coverage     lines that tests run   make sweep               kills and faults at each step, endurance
# make install, uninstall                DESTDIR, PREFIX
# make deb          a package for this Debian       make check-deb   it in a bare one; needs root
# make dist         the source as a tarball

PREFIX     ?= /usr
DESTDIR    ?=
BINDIR     ?= $(PREFIX)/bin
UNITDIR    ?= $(PREFIX)/lib/systemd/system
MANDIR     ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
BUILD      ?= build
PYTHON     ?= /usr/bin/python3
VERSION    := $(shell sed -n 's/^.define TMRO_VERSION "\(.*\)"/\1/p' include/base/version.h)

# From the ground up: a folder includes only folders before it (tests/layers.sh).
FOLDERS := base io news zulip state say ask watch lint cmd

PACKAGES := libcurl libcjson libconfig libxml-2.0 libcmark sqlite3 libsystemd libedit
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wcast-qual \
            -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS   ?= -O2 -g
LDFLAGS  ?= -Wl,-z,relro,-z,now -pie
TMRO_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) $(HARDENING) -iquote include $(PACKAGE_CFLAGS)
# Asked for once, when the first file is compiled: `deps` may install the packages in the same call.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))$(PACKAGE_CFLAGS)
PACKAGE_LIBS   = $(eval PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm -pthread)$(PACKAGE_LIBS)

SOURCES := $(wildcard $(FOLDERS:%=src/%/*.c))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)
LIBRARY := $(filter-out $(BUILD)/cmd/main.o,$(OBJECTS))
UNITS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/tmro-bot

# Before anything is compiled: says in one line what is missing. Only `deps`, and what calls it, installs.
ready: NEEDED = $(PACKAGES)
ready-tests: NEEDED = $(PACKAGES) cmocka
ready ready-tests: $(filter deps,$(MAKECMDGOALS))
	@$(CC) --version >/dev/null 2>&1 && pkg-config --exists $(NEEDED) 2>/dev/null || \
	    { echo "a build needs $(CC), pkg-config and the libraries $(NEEDED); to install what is missing: make deps" >&2; exit 1; }

# Commands are shown short; V=1 shows them whole.
QUIET = $(if $(V),,@printf '  %s\n' '$@';)

$(BUILD)/tmro-bot: $(OBJECTS)
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

$(BUILD)/%.o: src/%.c Makefile | ready
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TMRO_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(LIBRARY) | ready-tests
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TMRO_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIBRARY) $(PACKAGE_LIBS) -lcmocka

-include $(OBJECTS:.o=.d) $(UNITS:=.d) $(wildcard $(BUILD)/fuzz_*.d)

# Targets that test build on all cores. A plain make does not: its user may need them for something else.
JOBS := -j$(shell nproc)

# Installs what builds and tests need. Uses the network only when something is missing.
deps:
	@tests/deps.sh build

demo: deps
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -B tests/demo.py $(BUILD)/tmro-bot $(POST)

check: deps
	@$(MAKE) $(JOBS) --no-print-directory check-run

check-run: all $(UNITS)
	@tests/run.sh $(BUILD)

# The unit test tries the smaller limits of messages, which the program has only from a server.
check-corpus: deps
	@$(MAKE) --no-print-directory all $(BUILD)/unit/test_digest
	@[ ! -d "$(CORPUS)/pages" ] || TMRO_CORPUS="$(CORPUS)" $(BUILD)/unit/test_digest >$(BUILD)/corpus.log 2>&1 || \
	    { cat $(BUILD)/corpus.log; exit 1; }
	@$(PYTHON) -B tests/corpus.py $(BUILD)/tmro-bot $(CORPUS)
	@$(PYTHON) -B tests/corpus_lint.py $(BUILD)/tmro-bot $(CORPUS)
	@$(PYTHON) -B tests/corpus_ask.py $(BUILD)/tmro-bot $(CORPUS)

# SKIP where systemd cannot be installed.
check-systemd: deps
	@$(MAKE) --no-print-directory all
	@tests/systemd/run.sh $(BUILD)

# A client that others wrote talks to the fake server. SKIP where it cannot be installed.
check-clients: deps
	@$(MAKE) --no-print-directory all
	@tests/clients/run.sh $(BUILD)

# What check leaves out: a kill at each write, failing system calls (some of each place and kind; with
# TMRO_FAULTS=all every one, which takes two hours), waits of a minute, endurance, reproducible tarballs.
sweep: deps
	@$(MAKE) $(JOBS) --no-print-directory all
	@tests/run.sh $(BUILD) sweep

golden-update: deps
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -B tests/golden.py --update $(BUILD)/tmro-bot

# Sanitizers and fuzzers share one build by clang. The former look at all that parses, and at a way through each
# command; E2E="NAME ..." takes other end-to-end tests.
SANITIZE := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SANITIZED := BUILD=build/asan CC=clang HARDENING= CFLAGS="$(SANITIZE)" LDFLAGS=
PARSED := test_show.Formats test_show.HostileFeeds test_lint.Trouble test_asking_limits.Hostile
WALKED := test_announce.Posting test_announce.Edit test_ask.Words test_answering.Addressing test_check.AllRight \
          test_exactly_once.FailuresOfThePost test_service.Status test_state.Places test_sync.Archive \
          test_sync.Fetching test_watch.Corrections

asan: deps
	@tests/deps.sh fuzz
	@E2E="$(or $(E2E),$(PARSED) $(WALKED))" $(MAKE) $(JOBS) --no-print-directory $(SANITIZED) check-run

# Everybody may write the counters, so that tests that run as another user count, too.
coverage: deps
	@rm -rf build/coverage
	@umask 0; GCOV_ERROR_FILE=$(CURDIR)/build/coverage/errors \
	    $(MAKE) --no-print-directory check-run BUILD=build/coverage HARDENING= \
	    CFLAGS="-O0 -g --coverage -fprofile-update=atomic" LDFLAGS=--coverage
	@$(PYTHON) -B tests/coverage.py build/coverage

# The service with its two threads; other commands have one.
THREADED := test_service test_answering.Addressing test_answer_once.Cuts
TSAN     := BUILD=build/tsan HARDENING= CFLAGS="-O1 -g -fsanitize=thread" LDFLAGS=build/tsan/clockjoin.o

tsan: deps
	@mkdir -p build/tsan
	@$(CC) -D_GNU_SOURCE $(WARNINGS) -O1 -g -fsanitize=thread -c -o build/tsan/clockjoin.o tests/tsan/clockjoin.c
	@$(MAKE) $(JOBS) --no-print-directory $(TSAN) all
	@E2E="$(or $(E2E),$(THREADED))" TSAN_OPTIONS=exitcode=66 tests/run.sh build/tsan e2e

# A fuzzer has the name of what it fuzzes: tests/fuzz/fuzz_TARGET.c, with seeds in seeds/TARGET. What
# it learns and finds stays in the build.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TARGET  ?= $(FUZZERS)
SECONDS ?= 3600

fuzz: deps
	@[ -z "$(filter-out $(FUZZERS),$(TARGET))" ] || { echo "make fuzz TARGET=... some of: $(FUZZERS)" >&2; exit 2; }
	@tests/deps.sh fuzz
	@$(MAKE) $(JOBS) --no-print-directory $(SANITIZED) $(TARGET:%=build/asan/fuzz_%)
	@tests/fuzz/run.sh build/asan $(SECONDS) $(TARGET)

# This one answers in place of the network.
$(BUILD)/fuzz_api: FUZZ_LINK = -Wl,--wrap=http_perform

$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(LIBRARY)
	$(QUIET)$(CC) $(TMRO_CFLAGS) $(CFLAGS) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< $(LIBRARY) $(PACKAGE_LIBS) $(FUZZ_LINK)

valgrind: deps
	@tests/deps.sh lint
	@$(MAKE) --no-print-directory all check-units
	@tests/run.sh $(BUILD) valgrind

# The protocol of the outbox, in all orders of events.
model:
	@tests/deps.sh model
	@tests/model/run.sh $(BUILD)

check-units: $(UNITS)

lint: deps
	@tests/deps.sh lint
	@tests/lint.sh

format:
	@command -v clang-format >/dev/null || { echo "there is no clang-format; to install it: tests/deps.sh lint" >&2; exit 1; }
	clang-format -i src/*/*.c include/*/*.h tests/unit/*.c tests/fuzz/*.[ch] tests/tsan/*.c

bench: deps
	@tests/deps.sh bench
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory $(addprefix $(BUILD)/bench/,floor fill floor_get floor_wait floor_wait_all measure)
	@$(PYTHON) -B tests/bench/bench.py $(BUILD)

# Zulip's own bot comes by pip, where that works.
rivals: deps
	@tests/deps.sh rivals
	@$(MAKE) --no-print-directory all $(BUILD)/bench/measure
	@[ -x $(BUILD)/rivals/bin/pip ] || $(PYTHON) -m venv $(BUILD)/rivals
	@$(BUILD)/rivals/bin/pip -q install zulip feedparser || true
	@PYTHONPATH=tests/e2e $(PYTHON) -B tests/bench/rivals.py $(BUILD)

# The libraries are linked although nothing in them is used.
$(BUILD)/bench/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CFLAGS) -Wl,--no-as-needed $(LDFLAGS) -o $@ $< $(PACKAGE_LIBS)

$(BUILD)/bench/floor_wait_all: tests/bench/floor_wait.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(PACKAGE_CFLAGS) $(CFLAGS) -Wl,--no-as-needed $(LDFLAGS) -o $@ $< $(PACKAGE_LIBS)

$(BUILD)/bench/floor_%: tests/bench/floor_%.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(PACKAGE_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(PACKAGE_LIBS)

$(BUILD)/bench/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(BUILD)/bench/fill: tests/bench/fill.c $(LIBRARY)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TMRO_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBRARY) $(PACKAGE_LIBS)

install: all
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(COMPLETIONDIR)" \
	    "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(MANDIR)/man5" "$(DESTDIR)/etc/tmro-bot"
	install -m 0755 $(BUILD)/tmro-bot "$(DESTDIR)$(BINDIR)/tmro-bot"
	sed 's,/usr/bin/tmro-bot,$(BINDIR)/tmro-bot,' systemd/tmro-bot.service >"$(DESTDIR)$(UNITDIR)/tmro-bot.service"
	chmod 0644 "$(DESTDIR)$(UNITDIR)/tmro-bot.service"
	install -m 0644 systemd/tmro-bot-failed.service "$(DESTDIR)$(UNITDIR)/tmro-bot-failed.service"
	install -m 0644 etc/tmro-bot.bash-completion "$(DESTDIR)$(COMPLETIONDIR)/tmro-bot"
	install -m 0644 src/man/tmro-bot.1 "$(DESTDIR)$(MANDIR)/man1/tmro-bot.1"
	install -m 0644 src/man/tmro-bot.conf.5 "$(DESTDIR)$(MANDIR)/man5/tmro-bot.conf.5"
	[ -e "$(DESTDIR)/etc/tmro-bot/tmro-bot.conf" ] || \
	    install -m 0644 etc/tmro-bot.conf "$(DESTDIR)/etc/tmro-bot/tmro-bot.conf"

# The configuration, credentials and state stay: they are the administrator's.
uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/tmro-bot" "$(DESTDIR)$(UNITDIR)/tmro-bot.service" \
	    "$(DESTDIR)$(UNITDIR)/tmro-bot-failed.service" "$(DESTDIR)$(COMPLETIONDIR)/tmro-bot" \
	    "$(DESTDIR)$(MANDIR)/man1/tmro-bot.1" "$(DESTDIR)$(MANDIR)/man5/tmro-bot.conf.5"

# Also for root in another user's clone.
GIT = git -c safe.directory='*'

# Grows with each commit: the time of the newest, and the number of commits, since several may be made in one second.
# The tarball has no history; it has the file REVISION instead.
REVISION = $(shell if [ -e .git ]; then TZ=UTC0 $(GIT) log --format=%cd --date=format-local:%Y%m%d%H%M%S | \
                 sort | awk 'END { if (NR) print $$1 "." NR }'; elif [ -e REVISION ]; then cat REVISION; fi)

# The commit's files, the same bytes each time: what is not committed is not in it.
DIST = tmro-bot-$(VERSION)

dist:
	@[ -e .git ] || { echo "make dist needs the git repository; this tree is what it makes" >&2; exit 1; }
	@$(GIT) diff --quiet HEAD || echo "not in the tarball: changes that are not committed" >&2
	@mkdir -p $(BUILD)
	@$(GIT) -c tar.umask=0022 archive --format=tar --prefix=$(DIST)/ --add-virtual-file=$(DIST)/REVISION:$(REVISION) \
	    -o $(BUILD)/$(DIST).tar HEAD
	@gzip -9nf $(BUILD)/$(DIST).tar
	@echo $(BUILD)/$(DIST).tar.gz

# A package for the Debian that it is made on: it depends on that one's libraries. Its version names the Debian and
# the commit, so that a package from a newer one of either is an upgrade.
DEB = $(BUILD)/deb/tmro-bot-$(VERSION)
DEB_VERSION = $(VERSION)$(addprefix +git,$(REVISION))

deb:
	@tests/deps.sh deb
	@rm -rf $(BUILD)/deb
	@mkdir -p $(DEB)
	@cp -R Makefile README.md etc include src systemd $(DEB)/
	@mv $(DEB)/etc/debian $(DEB)/debian
	@. /etc/os-release && sed -i "1s/($(VERSION))/($(DEB_VERSION)+$$ID$$VERSION_ID)/" $(DEB)/debian/changelog
	@cd $(DEB) && env -u MAKEFLAGS -u MAKEOVERRIDES -u PREFIX -u BUILD DEB_BUILD_OPTIONS="noautodbgsym $$DEB_BUILD_OPTIONS" dpkg-buildpackage -b -us -uc >../build.log 2>&1 || \
	    { cat ../build.log; exit 1; }
	@rm -r $(DEB)
	@echo $(BUILD)/deb/tmro-bot_*.deb

# SKIP where no bare Debian can be made.
check-deb: deb
	@tests/deb.sh $(BUILD)

print-%:
	@echo '$($*)'

clean:
	rm -rf build

# With other targets: nothing is built while clean removes it.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

.PHONY: all ready ready-tests deps demo check check-run check-units check-corpus check-systemd check-clients check-deb \
        golden-update asan coverage tsan sweep model valgrind fuzz lint format bench rivals install \
        uninstall dist deb clean
