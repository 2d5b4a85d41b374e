<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  book.xsl - the handouts as one document for WeasyPrint: a title page, contents
  whose page numbers book.css fills in, a chapter each.
-->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="http://commonmark.org/xml/1.0"
                exclude-result-prefixes="m">

<xsl:import href="markdown.xsl"/>
<xsl:output method="html" doctype-system="about:legacy-compat"
            encoding="UTF-8" indent="no"/>

<xsl:param name="book" select="true()"/>
<!-- The text of book.css. -->
<xsl:param name="css"/>

<xsl:template match="/book">
  <html lang="en">
    <head>
      <title>ipclab: the handouts</title>
      <meta name="author" content="ipclab"/>
      <style><xsl:value-of select="$css" disable-output-escaping="yes"/></style>
    </head>
    <body>
      <section class="title">
        <p class="name">ipclab</p>
        <p class="subtitle">UNIX interprocess communication in C,
          one mechanism at a time</p>
        <p class="kind">The handouts</p>
      </section>
      <nav>
        <h1 class="unlisted">Contents</h1>
        <ul>
          <xsl:for-each select="page">
            <li>
              <a href="#{@name}">
                <xsl:value-of select="m:document/m:heading[@level = 1]"/>
              </a>
              <xsl:if test="@name != 'README' and @name != 'glossary'">
                <xsl:call-template name="sections"/>
              </xsl:if>
            </li>
          </xsl:for-each>
        </ul>
      </nav>
      <xsl:apply-templates select="page"/>
    </body>
  </html>
</xsl:template>

<xsl:template name="sections">
  <ul>
    <xsl:for-each select="m:document/m:heading[@level = 2]">
      <li>
        <a>
          <xsl:attribute name="href">#<xsl:call-template name="id">
            <xsl:with-param name="slug"><xsl:call-template name="slug"/></xsl:with-param>
          </xsl:call-template></xsl:attribute>
          <xsl:value-of select="."/>
        </a>
      </li>
    </xsl:for-each>
  </ul>
</xsl:template>

<xsl:template match="page">
  <section id="{@name}" class="chapter {@name}">
    <xsl:apply-templates/>
  </section>
</xsl:template>

</xsl:stylesheet>
