<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  site.xsl - the handouts as pages: xsltproc -o DIR/index.html site.xsl book.xml
  writes that one from README.md, and beside it NAME.html for each other page.  Look and colours are
  those of the reports; page.css has what reading for hours needs besides.  A
  page needs no script and nothing from elsewhere but its figures.
-->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:exsl="http://exslt.org/common"
                xmlns:m="http://commonmark.org/xml/1.0"
                extension-element-prefixes="exsl"
                exclude-result-prefixes="m">

<xsl:import href="../../grader/report/pages/common.xsl"/>
<xsl:import href="markdown.xsl"/>

<!-- The text of page.css. -->
<xsl:param name="css"/>

<xsl:template match="/book">
  <xsl:for-each select="page[@name != 'README']">
    <exsl:document href="{@name}.html" method="html" encoding="UTF-8"
                   indent="no" doctype-system="about:legacy-compat">
      <xsl:apply-templates select="."/>
    </exsl:document>
  </xsl:for-each>
  <xsl:apply-templates select="page[@name = 'README']"/>
</xsl:template>

<xsl:template match="page">
  <html lang="en">
    <head>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="referrer" content="no-referrer"/>
      <title>
        <xsl:value-of select="m:document/m:heading[@level = 1]"/>
        <xsl:text> - ipclab</xsl:text>
      </title>
      <xsl:call-template name="style"/>
      <style><xsl:value-of select="$css" disable-output-escaping="yes"/></style>
    </head>
    <body class="book {@name}">
      <a class="skip" href="#main">Skip to the content</a>
      <xsl:call-template name="top"/>
      <header>
        <xsl:apply-templates select="m:document/m:heading[@level = 1]"/>
      </header>
      <xsl:call-template name="contents"/>
      <main id="main" tabindex="-1">
        <xsl:apply-templates select="m:document/*[not(self::m:heading[@level = 1])]"/>
      </main>
      <xsl:call-template name="neighbours"/>
    </body>
  </html>
</xsl:template>

<!-- ==== Ways ============================================================== -->

<xsl:template name="top">
  <xsl:variable name="here" select="@name"/>
  <nav class="top" aria-label="All handouts">
    <xsl:for-each select="../page">
      <a>
        <xsl:if test="@name = $here">
          <xsl:attribute name="aria-current">page</xsl:attribute>
        </xsl:if>
        <xsl:attribute name="href"><xsl:call-template name="file"/></xsl:attribute>
        <xsl:choose>
          <xsl:when test="@name = 'README'">Handouts</xsl:when>
          <xsl:otherwise><xsl:value-of select="@name"/></xsl:otherwise>
        </xsl:choose>
      </a>
    </xsl:for-each>
  </nav>
</xsl:template>

<xsl:template name="file">
  <xsl:choose>
    <xsl:when test="@name = 'README'">index.html</xsl:when>
    <xsl:otherwise><xsl:value-of select="concat(@name, '.html')"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="contents">
  <xsl:if test="count(m:document/m:heading[@level = 2]) &gt; 1">
    <nav class="contents" aria-label="On this page">
      <p>On this page</p>
      <ul>
        <xsl:for-each select="m:document/m:heading[@level = 2]">
          <li>
            <a>
              <xsl:attribute name="href">#<xsl:call-template name="slug"/></xsl:attribute>
              <xsl:value-of select="."/>
            </a>
          </li>
        </xsl:for-each>
      </ul>
    </nav>
  </xsl:if>
</xsl:template>

<xsl:template name="neighbours">
  <footer>
    <nav class="neighbours" aria-label="Previous and next">
      <xsl:for-each select="preceding-sibling::page[1]">
        <p>
          <xsl:text>Previous: </xsl:text>
          <xsl:call-template name="way"><xsl:with-param name="rel" select="'prev'"/></xsl:call-template>
        </p>
      </xsl:for-each>
      <xsl:for-each select="following-sibling::page[1]">
        <p class="next">
          <xsl:text>Next: </xsl:text>
          <xsl:call-template name="way"><xsl:with-param name="rel" select="'next'"/></xsl:call-template>
        </p>
      </xsl:for-each>
    </nav>
  </footer>
</xsl:template>

<xsl:template name="way">
  <xsl:param name="rel"/>
  <a rel="{$rel}">
    <xsl:attribute name="href"><xsl:call-template name="file"/></xsl:attribute>
    <xsl:value-of select="m:document/m:heading[@level = 1]"/>
  </a>
</xsl:template>

</xsl:stylesheet>
