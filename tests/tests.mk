# SPDX-License-Identifier: MIT
# The kit's own proof: unit tests, the matrix of submissions, the whole command.

UNIT_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/unit/*.c))
SYSTEM_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/system/*.c))

# No misconceptions of a lab: the probe's table is empty in unit tests.
$(B)/tests/unit/tests: $(UNIT_OBJ) $(B)/libkit.a
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(CLASS_LIBS) -lcriterion

$(B)/tests/system/tests: $(SYSTEM_OBJ) $(B)/tests/remains.o \
  $(B)/tests/small_kit.o $(B)/libkit.a
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lsqlite3 -larchive -lyaml -lcriterion

$(B)/tests/attacks $(B)/tests/matrix: $(B)/tests/claims.o
$(B)/tests/matrix: $(B)/tests/texts.o
$(B)/tests/attacks: $(B)/tests/remains.o
$(B)/tests/bench_watch: $(B)/tests/small_kit.o

$(B)/tests/replay: LIBS += $(CLASS_LIBS)
$(B)/tests/%: $(B)/tests/%.o $(B)/libkit.a
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcriterion

## make test         all of the proof below but bench, soak and test-fresh; the
##                   matrix without Valgrind where no claim is about it
.PHONY: test check
test: kit gdb handouts-setup $(B)/tests/unit/tests $(B)/tests/system/tests \
      $(B)/tests/attacks $(B)/tests/matrix
	@tests/run.sh $(LABS)

check: test

.PHONY: unit system
unit: kit $(B)/tests/unit/tests
	$(B)/tests/unit/tests --short-filename

system: kit gdb $(B)/tests/system/tests
	$(B)/tests/system/tests --short-filename -j1

## make matrix       every wrong and accepted submission (LAB=pipe: of one lab;
##                   CASE=name or 'pattern*': only those)
.PHONY: matrix
matrix: kit $(B)/tests/matrix
	@$(B)/tests/matrix --jobs $(JOBS) $(if $(CASE),--case '$(CASE)') $(or $(LAB),$(LABS))

## make attacks      every hostile submission (ATTACK="names": some of them)
.PHONY: attacks
attacks: kit $(B)/tests/attacks
	@$(B)/tests/attacks --jobs $(JOBS) $(ATTACK)

## make soak         the matrix 20 times, and 5 times under load (LABS="...")
.PHONY: soak
soak: kit $(B)/tests/matrix
	@tests/soak.sh $(LABS)

## make bench        CPU and wall seconds, side by side, as ratios
.PHONY: bench
bench: kit $(B)/tests/bench $(B)/tests/naive $(B)/tests/bench_watch
	@$(B)/tests/bench $(or $(LAB),$(LABS))
	@$(B)/tests/bench_watch $(or $(LAB),$(firstword $(LABS)))

## make test-fresh   the README's commands in a clean Debian, as root (WHO="root student")
.PHONY: test-fresh
test-fresh:
	@tests/fresh.sh $(WHO)

## make pages-check  pages and handouts in a browser (PAGES=DIR: of a real class)
.PHONY: pages-check
pages-check: $(if $(PAGES),,$(H)/site/index.html)
	@tests/pages.sh $(PAGES)

## make replay-check a replay in a browser, by the keyboard alone
.PHONY: replay-check
replay-check: kit $(B)/tests/replay
	@tests/replay.sh

## make soak-class   kill the grader of a class 50 times: nothing is lost
## make bench-class  what a class costs (STUDENTS="20 200" LABS="...")
.PHONY: soak-class bench-class
soak-class: kit
	@tests/soak_class.sh

bench-class: kit $(B)/tests/bench_class
	@$(B)/tests/bench_class $(or $(STUDENTS),20 200)

## make student-kit-check  what students get, unpacked, built and used
.PHONY: student-kit-check
student-kit-check:
	@SETUP=$(SETUP) tests/student_kit.sh

## make test-slurm   the sample class under a real Slurm (root)
.PHONY: test-slurm
test-slurm: kit
	@tests/slurm.sh

## make lint         static analysis and formatting, as CI sees them
KIT_SOURCES = $(shell git ls-files 'grader/*.[ch]' 'labs/*.[ch]' \
                'solutions/*.[ch]' 'tests/*.[ch]' 'handouts/*.[ch]' | grep -v -e submissions -e attacks/)
.PHONY: lint format
lint:
	$(Q)clang-format --dry-run -Werror $(KIT_SOURCES)
	$(Q)cppcheck --quiet --enable=warning,portability --error-exitcode=1 \
	  --suppress=unknownMacro $(KIT_CPPFLAGS) grader solutions $(wildcard labs/*/main.c)
	$(Q)shellcheck -x grader/*.sh tests/*.sh grader/instructors/*.sh handouts/site/*.sh .ci/run

## make format       apply .clang-format
format:
	$(Q)clang-format -i $(KIT_SOURCES)
