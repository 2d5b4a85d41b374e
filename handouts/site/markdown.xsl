<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  markdown.xsl - the elements of a handout, from what cmark-gfm -t xml and
  marks.awk make of it, to HTML.

  All handouts are in one document: <book>, in it a <page name="pipe"> each, in
  it the <document> of cmark.  They become pages of a site (site.xsl) or chapters
  of a book (book.xsl); what differs is where links lead, and what ids are like.
-->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="http://commonmark.org/xml/1.0"
                xmlns:svg="http://www.w3.org/2000/svg"
                exclude-result-prefixes="m svg">

<xsl:strip-space elements="*"/>
<xsl:preserve-space elements="m:text m:code m:code_block"/>

<!-- In a book ids need the page's name, too. -->
<xsl:param name="book" select="false()"/>
<!-- Where the figures are, seen from this file. -->
<xsl:param name="figures" select="'../figures/'"/>

<!-- ==== Names and addresses ============================================== -->

<!-- As GitHub makes them: small letters, digits, - and _; a heading that comes
     again gets a number. -->
<xsl:template name="slug">
  <xsl:param name="of" select="string(.)"/>
  <xsl:variable name="small" select="translate($of,
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ ', 'abcdefghijklmnopqrstuvwxyz-')"/>
  <xsl:value-of select="translate($small, translate($small,
    'abcdefghijklmnopqrstuvwxyz0123456789-_', ''), '')"/>
  <xsl:if test="self::m:heading">
    <xsl:variable name="before" select="count(preceding-sibling::m:heading[
      string(.) = $of])"/>
    <xsl:if test="$before &gt; 0">-<xsl:value-of select="$before"/></xsl:if>
  </xsl:if>
</xsl:template>

<xsl:template name="id">
  <xsl:param name="page" select="ancestor::page/@name"/>
  <xsl:param name="slug"/>
  <xsl:if test="$book"><xsl:value-of select="concat($page, '.')"/></xsl:if>
  <xsl:value-of select="$slug"/>
</xsl:template>

<!-- The address of another page, or of a place on it. -->
<xsl:template name="address">
  <xsl:param name="page"/>
  <xsl:param name="slug"/>
  <xsl:choose>
    <xsl:when test="$book">
      <xsl:value-of select="concat('#', $page)"/>
      <xsl:if test="$slug != ''">.<xsl:value-of select="$slug"/></xsl:if>
    </xsl:when>
    <xsl:otherwise>
      <xsl:choose>
        <xsl:when test="$page = ancestor::page/@name"/>
        <xsl:when test="$page = 'README'">index.html</xsl:when>
        <xsl:otherwise><xsl:value-of select="concat($page, '.html')"/></xsl:otherwise>
      </xsl:choose>
      <xsl:if test="$slug != ''">#<xsl:value-of select="$slug"/></xsl:if>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- ==== Blocks =========================================================== -->

<xsl:template match="m:document"><xsl:apply-templates/></xsl:template>

<xsl:template match="m:heading">
  <xsl:element name="h{@level}">
    <xsl:attribute name="id">
      <xsl:call-template name="id">
        <xsl:with-param name="slug"><xsl:call-template name="slug"/></xsl:with-param>
      </xsl:call-template>
    </xsl:attribute>
    <xsl:apply-templates/>
  </xsl:element>
</xsl:template>

<xsl:template match="m:paragraph"><p><xsl:apply-templates/></p></xsl:template>
<xsl:template match="m:list[@tight = 'true']/m:item/m:paragraph">
  <xsl:apply-templates/>
</xsl:template>
<xsl:template match="m:block_quote">
  <blockquote><xsl:apply-templates/></blockquote>
</xsl:template>
<xsl:template match="m:list[@type = 'bullet']">
  <ul><xsl:apply-templates/></ul>
</xsl:template>
<xsl:template match="m:list[@type = 'ordered']">
  <ol><xsl:apply-templates/></ol>
</xsl:template>
<xsl:template match="m:item"><li><xsl:apply-templates/></li></xsl:template>
<xsl:template match="m:thematic_break"><hr/></xsl:template>
<!-- Comments, and the directives of listings. -->
<xsl:template match="m:html_block | m:html_inline"/>

<xsl:template match="m:code_block">
  <pre tabindex="0" class="{@info}">
    <xsl:choose>
      <xsl:when test="@info = 'console'">
        <code><xsl:call-template name="session"/></code>
      </xsl:when>
      <xsl:otherwise><code><xsl:value-of select="."/></code></xsl:otherwise>
    </xsl:choose>
  </pre>
</xsl:template>

<!-- What was typed stands out from what was answered. -->
<xsl:template name="session">
  <xsl:param name="text" select="string(.)"/>
  <xsl:variable name="line" select="substring-before($text, '&#10;')"/>
  <xsl:if test="$text != ''">
    <xsl:choose>
      <xsl:when test="starts-with($line, '$ ') or starts-with($line, '&gt; ')">
        <b><xsl:value-of select="$line"/></b>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$line"/></xsl:otherwise>
    </xsl:choose>
    <xsl:text>&#10;</xsl:text>
    <xsl:call-template name="session">
      <xsl:with-param name="text" select="substring-after($text, '&#10;')"/>
    </xsl:call-template>
  </xsl:if>
</xsl:template>

<xsl:template match="m:table">
  <div class="scroll" tabindex="0" role="group" aria-label="A table">
    <xsl:if test="count(m:table_header/m:table_cell) &gt; 6">
      <xsl:attribute name="class">scroll wide</xsl:attribute>
    </xsl:if>
    <table>
      <thead><xsl:apply-templates select="m:table_header"/></thead>
      <tbody><xsl:apply-templates select="m:table_row"/></tbody>
    </table>
  </div>
</xsl:template>
<xsl:template match="m:table_header | m:table_row">
  <tr><xsl:apply-templates/></tr>
</xsl:template>
<!-- What is left of its row says what the row is about. -->
<xsl:template match="m:table_cell">
  <xsl:choose>
    <xsl:when test="parent::m:table_header and not(node())"><td/></xsl:when>
    <xsl:when test="parent::m:table_header">
      <th scope="col"><xsl:apply-templates/></th>
    </xsl:when>
    <xsl:when test="position() = 1 and node()">
      <th scope="row"><xsl:apply-templates/></th>
    </xsl:when>
    <xsl:otherwise><td><xsl:apply-templates/></td></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- A figure that is a paragraph of its own.  The file says in words what is to
     be seen; what the handout calls it stands below. -->
<xsl:template match="m:paragraph[m:image and count(*) = 1]">
  <xsl:variable name="name" select="substring-after(m:image/@destination, '/')"/>
  <xsl:variable name="desc"
    select="normalize-space(document(concat($figures, $name))/svg:svg/svg:desc)"/>
  <figure>
    <xsl:if test="starts-with($name, 'run-')">
      <xsl:attribute name="class">run</xsl:attribute>
    </xsl:if>
    <div class="frame" tabindex="0" role="group" aria-label="A figure">
      <img src="{m:image/@destination}">
        <xsl:attribute name="alt">
          <xsl:choose>
            <xsl:when test="$desc != ''"><xsl:value-of select="$desc"/></xsl:when>
            <xsl:otherwise><xsl:value-of select="m:image"/></xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
      </img>
    </div>
    <figcaption><xsl:value-of select="m:image"/></figcaption>
  </figure>
</xsl:template>

<!-- ==== Words ============================================================ -->

<xsl:template match="m:text"><xsl:value-of select="."/></xsl:template>
<xsl:template match="m:softbreak"><xsl:text>&#10;</xsl:text></xsl:template>
<xsl:template match="m:linebreak"><br/></xsl:template>
<xsl:template match="m:emph"><em><xsl:apply-templates/></em></xsl:template>
<xsl:template match="m:strong"><strong><xsl:apply-templates/></strong></xsl:template>
<xsl:template match="m:code"><code><xsl:value-of select="."/></code></xsl:template>

<xsl:template match="m:man">
  <a class="man" href="{@href}"><xsl:apply-templates/></a>
</xsl:template>

<xsl:template match="m:term">
  <a class="term">
    <xsl:attribute name="href">
      <xsl:call-template name="address">
        <xsl:with-param name="page" select="'glossary'"/>
        <xsl:with-param name="slug" select="@id"/>
      </xsl:call-template>
    </xsl:attribute>
    <xsl:choose>
      <xsl:when test="*"><xsl:apply-templates/></xsl:when>
      <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
    </xsl:choose>
  </a>
</xsl:template>

<!-- To a page, to a place, or out.  A page is called by its name, not by its
     file's.  A file of the kit is where the reader's kit is: no link. -->
<xsl:template match="m:link">
  <xsl:variable name="to" select="@destination"/>
  <xsl:variable name="file" select="substring-before(concat($to, '#'), '#')"/>
  <xsl:choose>
    <xsl:when test="starts-with($to, '../')"><xsl:apply-templates/></xsl:when>
    <xsl:when test="contains($to, ':')">
      <a href="{$to}"><xsl:apply-templates/></a>
    </xsl:when>
    <xsl:otherwise>
      <a>
        <xsl:attribute name="href">
          <xsl:call-template name="address">
            <xsl:with-param name="page">
              <xsl:choose>
                <xsl:when test="$file = ''">
                  <xsl:value-of select="ancestor::page/@name"/>
                </xsl:when>
                <xsl:otherwise>
                  <xsl:value-of select="substring-before($file, '.md')"/>
                </xsl:otherwise>
              </xsl:choose>
            </xsl:with-param>
            <xsl:with-param name="slug" select="substring-after($to, '#')"/>
          </xsl:call-template>
        </xsl:attribute>
        <xsl:choose>
          <xsl:when test="string(.) = $file">
            <xsl:value-of select="substring-before($file, '.md')"/>
          </xsl:when>
          <xsl:otherwise><xsl:apply-templates/></xsl:otherwise>
        </xsl:choose>
      </a>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

</xsl:stylesheet>
