# SPDX-License-Identifier: MIT
# Every command that a person types. `make help` lists them.

# The one list of labs.
LABS := pipe popen mkfifo sigpipe files signals semaphores shm msgq ipcs \
        mq_notify socketpair sockets taxonomy pubsub

CC ?= gcc
CFLAGS ?= -O2 -g
KIT_CFLAGS := -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow
ROOMS := base probe result grade intake class report show practice command
KIT_CPPFLAGS := $(ROOMS:%=-Igrader/%) -I/usr/include/libxml2
B := build
JOBS ?= $(shell nproc)
IPCLAB := $(B)/ipclab

# What students' programs are compiled with; see labs' READMEs and handouts.
LAB_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -D_GNU_SOURCE

# One short line for each step; V=1 shows the commands.
Q := $(if $(V),,@)

# The parts of one goal are made side by side; several goals one after the other,
# as they were typed.  A make that a recipe starts decides for itself.
ifeq ($(filter-out 0 1,$(words $(MAKECMDGOALS))),)
MAKEFLAGS += -j$(JOBS)
endif
unexport MAKEFLAGS

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: status help setup kit grade doctor watch hint debug gdb reset clean \
        $(LABS)

status: kit
	@$(IPCLAB) status

help:
	@sed -n 's/^##//p' $(MAKEFILE_LIST)

## make              your labs, your score in each, the next step
## make LAB          grade labs/LAB/LAB.c (TEST=name: one test, in detail)
$(LABS): kit
	@$(IPCLAB) grade $@ $(if $(TEST),--test $(TEST)) $(if $(SANDBOX),--sandbox $(SANDBOX))

## make watch        grade LAB=pipe again on each save
watch: kit
	@$(IPCLAB) watch $(LAB)

## make hint         one more hint: STEP=pipe.2 or LAB=pipe (AGAIN=yes: all so far)
hint: kit
	@$(IPCLAB) hint $(or $(STEP),$(LAB)) $(if $(AGAIN),--again)

## make debug        gdb on the launch that fails: LAB=pipe TEST=name
debug: kit gdb
	@$(IPCLAB) debug $(LAB) $(TEST)

## make reset        labs/LAB/LAB.c as it was; yours is kept (LAB=pipe)
reset: kit
	@$(IPCLAB) reset $(LAB)

## make grade        grade all labs (SUBMISSION=DIR: somebody else's)
grade: kit
	@$(IPCLAB) grade --all $(if $(SUBMISSION),--submission $(SUBMISSION))

## make doctor       what this machine can run, and what to change
doctor: kit
	@$(IPCLAB) doctor

## make demo         the demonstrations; LAB=pipe SCENARIO=eof: one, drawn;
##                   TEST=name: your run that failed there; SOLUTION=yes: by
##                   our program; WRONG=yes: by the scenario's wrong one;
##                   HTML=FILE, SVG=FILE: written (SVG: of two the right one)
.PHONY: demo
demo: kit
	@$(IPCLAB) show $(LAB) $(SCENARIO) $(if $(SOLUTION),--solution) \
	  $(if $(TEST),--test $(TEST)) $(if $(WRONG),--wrong) \
	  $(if $(HTML),--html '$(HTML)') $(if $(SVG),--svg '$(SVG)')

# ---- Set-up: `SETUP=no` refuses to install and prints the command -----------

setup:
	@SETUP=$(SETUP) grader/setup.sh

# Only for those who use it.
gdb: | setup
	@SETUP=$(SETUP) grader/setup.sh gdb

# ---- The kit -----------------------------------------------------------------

# Products depend on the flags that they were made with.
FLAGS := $(CC) $(CFLAGS) $(KIT_CFLAGS) $(LDFLAGS)
$(B)/flags: force
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@
.PHONY: force

# Programs of their own: not in the library.
SHIM := $(wildcard grader/probe/shim*.c)
SERVER := $(wildcard grader/probe/server*.c)
ALONE := $(SHIM) $(SERVER) $(addprefix grader/probe/,init.c confine.c tell.c \
           handlers.c criterion.c criterion_git2.c) \
         grader/intake/unpack.c grader/show/scene.c
LIB := $(filter-out $(ALONE),\
         $(wildcard $(ROOMS:%=grader/%/*.c)))
LIB_OBJ := $(LIB:%.c=$(B)/%.o)
HELPERS := $(patsubst grader/probe/helpers/%.c,$(B)/grader/bin/%,\
             $(wildcard grader/probe/helpers/*.c))
LIBS := -ljansson -lseccomp -lsodium -lm
CLASS_LIBS := -lsqlite3 -larchive -lcsv -lyaml -lgit2 -lxslt -lxml2 -lcmark-gfm

$(B)/%.o: %.c $(B)/flags | setup
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CPPFLAGS) $(KIT_CPPFLAGS) $(KIT_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libkit.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(IPCLAB): $(B)/grader/ipclab.o $(B)/libkit.a
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(CLASS_LIBS) -lcriterion

# The server of runs is linked into students' programs: never with their flags,
# and without what would make the compiler call the C library: see bare.h.
SERVER_OBJ := $(SERVER:%.c=$(B)/%.o)
$(SERVER_OBJ): KIT_CFLAGS += \
  -ffreestanding -fno-stack-protector -U_FORTIFY_SOURCE -fno-sanitize=all \
  -fno-tree-loop-distribute-patterns -fPIE
$(B)/grader/server.o: $(SERVER_OBJ)
	$(Q)$(CC) -r -nostdlib -o $@ $^

# Started for each launch: static, that costs half as much.
$(B)/grader/init: $(B)/grader/probe/init.o $(B)/grader/server.o
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -Wl,--wrap=main -o $@ $^

$(B)/grader/confine: $(B)/grader/probe/confine.o
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^

$(B)/grader/unpack: $(addprefix $(B)/grader/,intake/unpack.o intake/names.o \
  intake/shares.o base/base.o base/text.o base/hash.o)
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -larchive -lsodium

$(B)/grader/shim.so: $(SHIM) grader/probe/shim.h
$(B)/grader/%.so: grader/probe/%.c $(B)/flags | setup
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(KIT_CFLAGS) $(CFLAGS) -shared -fPIC -o $@ $(filter %.c,$^) -ldl

$(B)/grader/bin/%: grader/probe/helpers/%.c $(B)/flags | setup
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(KIT_CFLAGS) $(CFLAGS) -o $@ $<

# Beside a program of tests it is found before libgit2: see criterion_git2.c.
$(B)/grader/git2.so: grader/probe/criterion_git2.c $(B)/flags | setup
	@mkdir -p $(@D)/criterion
	@$(if $(V),:,echo "  CC    $@")
	$(Q)name=$$(objdump -p "$$($(CC) -print-file-name=libcriterion.so)" | \
	  awk '$$1 == "NEEDED" && $$2 ~ /^libgit2/ { print $$2 }'); \
	$(CC) $(KIT_CFLAGS) $(CFLAGS) -shared -fPIC -Wl,-soname,"$$name" \
	  -DREAL_LIBGIT2="\"$$($(CC) -print-file-name="$$name")\"" -o $@ $< && \
	ln -f $@ "$(@D)/criterion/$$name"

# What Valgrind needs of the C library's debug information, names of functions
# for one, without what it has to read all the same and nobody looks at, lines:
# half of its start.
$(B)/grader/debug/.made: $(B)/flags | setup
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  COPY  $(@D)")
	$(Q)for library in libc.so.6 ld-linux-x86-64.so.2; do \
	  id=$$(readelf -n "$$($(CC) -print-file-name=$$library)" | \
	    awk '/Build ID/ { print $$3 }'); \
	  rest=$${id#??}; \
	  from=/usr/lib/debug/.build-id/$${id%"$$rest"}/$$rest.debug; \
	  ! test -e "$$from" || \
	    objcopy --strip-debug "$$from" "$(@D)/$$id.debug" || exit 1; \
	done; touch $@

CRITERION := $(B)/grader/probe/criterion.o $(B)/libkit.a
CRITERION_LIBS := $(LIBS) -lcriterion -Wl,--disable-new-dtags,-rpath,'$$ORIGIN'

# Plays the scenarios of `ipclab show`.
$(B)/grader/scene: $(B)/grader/show/scene.o $(CRITERION)
	@$(if $(V),:,echo "  CC    $@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CRITERION_LIBS)

# ---- The labs ------------------------------------------------------------------

# For the command, which has no list of its own.
$(B)/labs/list: force
	@mkdir -p $(@D)
	@echo '$(LABS)' | cmp -s - $@ || echo '$(LABS)' > $@

define lab_rules
$(B)/labs/$(1)/main.o: labs/$(1)/main.c $(B)/flags | setup
	@mkdir -p $$(@D)
	@$(if $(V),:,echo "  CC    $$@")
	$(Q)$(CC) $(LAB_CFLAGS) -ffile-prefix-map=$(CURDIR)=. -Ilabs/common -MMD -MP -c -o $$@ $$<

$(B)/labs/$(1)/test_$(1): $(B)/labs/$(1)/test_$(1).o \
  $(B)/labs/$(1)/misconceptions.o $(CRITERION)
	@$(if $(V),:,echo "  CC    $$@")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $$@ $$^ $$(CRITERION_LIBS)

# For trying out by hand; the grader builds its own in the sandbox.
$(B)/bin/$(1): labs/$(1)/$(1).c labs/$(1)/main.c labs/$(1)/$(1).h
	@mkdir -p $$(@D)
	@$(if $(V),:,echo "  CC    $$@")
	$(Q)$(CC) $(LAB_CFLAGS) -Ilabs/common -o $$@ labs/$(1)/$(1).c labs/$(1)/main.c
endef
$(foreach lab,$(LABS),$(eval $(call lab_rules,$(lab))))

kit: compile_commands.json $(IPCLAB) $(B)/labs/list $(B)/grader/init $(B)/grader/confine $(B)/grader/server.o $(B)/grader/probe/warm.o \
     $(B)/grader/shim.so $(B)/grader/tell.so $(B)/grader/handlers.so $(B)/grader/git2.so $(B)/grader/debug/.made $(B)/grader/unpack $(B)/grader/scene $(HELPERS) \
     $(foreach lab,$(LABS),$(B)/labs/$(lab)/main.o $(B)/labs/$(lab)/test_$(lab))

include grader/practice/editor.mk
include handouts/handouts.mk
# Students have neither.
-include grader/instructors/instructors.mk tests/tests.mk
-include $(shell find $(B) -path $(B)/fresh -prune -o -name '*.d' -print 2>/dev/null)

## make clean        remove everything that was built
clean:
	rm -rf $(B) compile_commands.json
