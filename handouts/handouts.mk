# SPDX-License-Identifier: MIT
# The handouts as pages and as a book.  CONTRIBUTING.md says how one is written.

H := $(B)/handouts
PAGES_OF_HANDOUTS := README $(LABS) choose mechanisms glossary
SITE := handouts/site

# What this needs besides the kit, as grader/setup.sh reads it.  The book needs
# much more than the pages: WeasyPrint, since it puts page numbers into the
# contents, which Chromium does not.
HANDOUT_NEEDS := 'cmark-gfm|cmark-gfm' 'xsltproc|xsltproc' 'lsof|lsof' \
  'pstree|psmisc' 'pgrep|procps'
BOOK_NEEDS := 'weasyprint|weasyprint' \
  '/usr/share/texmf/fonts/opentype/public/tex-gyre/texgyrepagella-regular.otf|fonts-texgyre' \
  '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf|fonts-dejavu-core'

## make handouts     the handouts as pages and PDF (UPDATE=yes: renew listings)
.PHONY: handouts handouts-check handouts-setup book-setup
handouts: $(H)/site/index.html $(H)/ipclab.pdf
	@cat $(H)/*/untried 2>/dev/null | sed -n '$$s/.*/handouts: no solutions here: sessions and figures stay as they stand/p'
	@echo "$(H)/site/index.html"
	@echo "$(H)/ipclab.pdf"

# Listings, sessions, tables and links, without making pages of them.
handouts-check: $(H)/linked

handouts-setup: | setup
	@SETUP=$(SETUP) grader/setup.sh $(HANDOUT_NEEDS)

book-setup: | handouts-setup
	@SETUP=$(SETUP) grader/setup.sh $(BOOK_NEEDS)

# ---- What handouts say is true: a file of complaints for each ---------------

# Figures are drawn by the command, which is told what of labs is built; without
# solutions nothing is drawn.
FIGURES_NEED := $(if $(wildcard solutions),kit)

define handout_rules
$(H)/$(1).problems: handouts/$(1).md $(wildcard handouts/examples/*.c \
  labs/$(1)/*.[ch] labs/$(1)/demo.yaml solutions/$(1)/*.c \
  tests/submissions/$(1)/wrong/*.c handouts/figures/run-$(1)-*.svg) $(SITE)/check.sh \
  $(wildcard $(SITE)/*.awk) $(SITE)/figure.xsl $(SITE)/session.sh $(if $(filter yes,$(UPDATE)),force) | handouts-setup $(FIGURES_NEED)
	@mkdir -p $(H)
	@$(if $(V),:,echo "  CHECK $$<")
	$(Q)CC='$(CC)' LAB_CFLAGS='$(LAB_CFLAGS)' IPCLAB=$(IPCLAB) \
	  UPDATE=$(UPDATE) $(SITE)/check.sh $$< $(H)/$(1) > $$@ || [ -s $$@ ]
endef
$(foreach page,$(PAGES_OF_HANDOUTS),$(eval $(call handout_rules,$(page))))

$(H)/mechanisms.problems: $(LABS:%=handouts/%.md) $(LABS:%=$(H)/%.problems) \
  $(wildcard labs/taxonomy/*.[ch] solutions/taxonomy/*.c)

PROBLEMS := $(PAGES_OF_HANDOUTS:%=$(H)/%.problems)

# All of them are shown, and looked for again the next time.
$(H)/checked: $(PROBLEMS)
	@cat $(PROBLEMS)
	@if cat $(PROBLEMS) | grep -q -v ': rewritten from '; then \
	  find $(PROBLEMS) -size +0 -delete; false; fi
	@touch $@

# ---- All of them as one document --------------------------------------------

$(H)/book.xml: $(PAGES_OF_HANDOUTS:%=handouts/%.md) $(H)/checked \
  $(SITE)/marks.awk $(SITE)/man-pages.list
	@$(if $(V),:,echo "  XML   $@")
	$(Q)status=0; { \
	  echo '<book>'; \
	  for page in $(PAGES_OF_HANDOUTS); do \
	    echo "<page name=\"$$page\">"; \
	    cmark-gfm -e table --sourcepos -t xml handouts/$$page.md > $(H)/page.xml; \
	    awk -v page=$$page.md -f $(SITE)/marks.awk $(SITE)/man-pages.list \
	      handouts/glossary.md $(H)/page.xml || status=1; \
	    echo '</page>'; \
	  done; echo '</book>'; } > $@; exit $$status

$(H)/linked: $(H)/book.xml $(SITE)/facts.xsl $(SITE)/links.sh \
  $(wildcard handouts/figures handouts/figures/*)
	$(Q)xsltproc --nonet $(SITE)/facts.xsl $(H)/book.xml > $(H)/facts
	$(Q)$(SITE)/links.sh $(H)/facts $(PAGES_OF_HANDOUTS)
	@touch $@

# ---- Pages and book ---------------------------------------------------------

$(H)/site/index.html: $(H)/linked $(SITE)/site.xsl $(SITE)/markdown.xsl \
  $(SITE)/page.css grader/report/pages/common.xsl
	@$(if $(V),:,echo "  PAGES $(@D)")
	@rm -rf $(@D)
	@mkdir -p $(@D)/figures
	@cp handouts/figures/*.svg $(@D)/figures
	$(Q)xsltproc --nonet --stringparam css "$$(cat $(SITE)/page.css)" \
	  --stringparam figures $(CURDIR)/$(@D)/figures/ \
	  -o $@ $(SITE)/site.xsl $(H)/book.xml

$(H)/ipclab.pdf: $(H)/site/index.html $(SITE)/book.xsl $(SITE)/book.css \
  | book-setup
	@$(if $(V),:,echo "  PDF   $@")
	$(Q)xsltproc --nonet --stringparam css "$$(cat $(SITE)/book.css)" \
	  --stringparam figures $(CURDIR)/$(H)/site/figures/ \
	  -o $(H)/site/book.html $(SITE)/book.xsl $(H)/book.xml
	$(Q)weasyprint --quiet $(H)/site/book.html $@
	@rm $(H)/site/book.html
