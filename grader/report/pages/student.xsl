<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  student.xsl - all labs of one student: what was earned, and for what is left
  to earn, what was expected, what was seen, and why.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:import href="common.xsl"/>

<xsl:key name="override" match="override" use="concat(../@name, '|', @test)"/>
<!-- A line with a mark, the only kind that can be linked to. -->
<xsl:key name="marked" match="source/line[@mark]"
         use="concat(../../@name, '|', ../@file, '|', @n)"/>
<!-- Tests told in the same words; the first of them tells it in full. -->
<xsl:key name="told" match="tests/item[diagnosis/sentence != '']"
         use="concat(../../../@name, '|', diagnosis/sentence)"/>

<xsl:template match="/student-report">
  <xsl:call-template name="page">
    <xsl:with-param name="kind" select="'student'"/>
    <xsl:with-param name="title">
      <xsl:choose>
        <xsl:when test="student/@name != ''">
          <xsl:value-of select="student/@name"/>
        </xsl:when>
        <xsl:otherwise><xsl:value-of select="student/@id"/></xsl:otherwise>
      </xsl:choose>
      <xsl:text>: grades of the IPC labs</xsl:text>
    </xsl:with-param>
    <xsl:with-param name="header"><xsl:call-template name="top"/></xsl:with-param>
    <xsl:with-param name="main">
      <xsl:call-template name="overview"/>
      <xsl:apply-templates select="lab"/>
    </xsl:with-param>
  </xsl:call-template>
</xsl:template>

<!-- ==== Head ============================================================ -->

<xsl:template name="top">
  <xsl:if test="@instructor = 'yes'">
    <nav class="over" aria-label="Class">
      <a href="{@root}index.html">Overview of the class</a>
    </nav>
  </xsl:if>
  <h1>
    <xsl:call-template name="person">
      <xsl:with-param name="name" select="student/@name"/>
      <xsl:with-param name="id" select="student/@id"/>
    </xsl:call-template>
  </h1>
  <p class="dim">
    <xsl:if test="student/@name != ''">
      <bdi><xsl:value-of select="student/@id"/></bdi>
    </xsl:if>
    <xsl:if test="student/@section != ''">
      <xsl:if test="student/@name != ''">, </xsl:if>
      <xsl:text>section </xsl:text>
      <bdi><xsl:value-of select="student/@section"/></bdi>
    </xsl:if>
  </p>
</xsl:template>

<xsl:template name="overview">
  <div class="total">
    <p>
      <strong><xsl:value-of select="total/@points"/></strong>
      <span class="dim">
        <xsl:text> of </xsl:text>
        <xsl:value-of select="total/@max"/>
        <xsl:text> points</xsl:text>
      </span>
    </p>
    <xsl:call-template name="bar">
      <xsl:with-param name="of" select="total/@points"/>
      <xsl:with-param name="max" select="total/@max"/>
    </xsl:call-template>
  </div>
  <section class="labs">
    <h2>Labs</h2>
    <div class="scroll" role="region" tabindex="0" aria-label="Points in each lab">
      <table>
        <caption class="hide">Points in each lab</caption>
        <thead>
          <tr>
            <th scope="col">Lab</th>
            <th scope="col">Status</th>
            <td class="wide"></td>
            <th scope="col" class="num">Points</th>
          </tr>
        </thead>
        <tbody>
          <xsl:apply-templates select="lab" mode="row"/>
        </tbody>
      </table>
    </div>
  </section>
</xsl:template>

<xsl:template match="lab" mode="row">
  <tr>
    <th scope="row"><a href="#{@name}"><xsl:value-of select="@name"/></a></th>
    <td>
      <xsl:call-template name="status"/>
      <xsl:if test="@late = 'yes'">
        <xsl:text> </xsl:text>
        <xsl:call-template name="tag">
          <xsl:with-param name="mood" select="'warn'"/>
          <xsl:with-param name="words" select="'late'"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:if test="override">
        <xsl:text> </xsl:text>
        <xsl:call-template name="tag">
          <xsl:with-param name="words" select="'changed by hand'"/>
        </xsl:call-template>
      </xsl:if>
    </td>
    <td class="wide">
      <xsl:if test="@status = 'graded' or @status = 'unbuilt'">
        <xsl:call-template name="bar">
          <xsl:with-param name="of" select="@points"/>
          <xsl:with-param name="max" select="@max"/>
        </xsl:call-template>
      </xsl:if>
    </td>
    <td class="num"><xsl:call-template name="points"/></td>
  </tr>
</xsl:template>

<!-- "92 of 100", of a lab; a lab without a grade has none. -->
<xsl:template name="points">
  <xsl:choose>
    <xsl:when test="@points != ''">
      <xsl:value-of select="@points"/>
      <span class="dim">
        <xsl:text> / </xsl:text>
        <xsl:value-of select="@max"/>
      </span>
    </xsl:when>
    <xsl:otherwise>
      <span aria-hidden="true">–</span>
      <span class="hide">no points</span>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- ==== A lab =========================================================== -->

<xsl:template match="lab">
  <section class="lab {@status}" id="{@name}">
    <div class="head">
      <h2><xsl:value-of select="@name"/></h2>
      <xsl:if test="@status != 'graded'">
        <xsl:call-template name="status"/>
      </xsl:if>
      <xsl:if test="@late = 'yes'">
        <xsl:call-template name="tag">
          <xsl:with-param name="mood" select="'warn'"/>
          <xsl:with-param name="words" select="'late'"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:if test="@status != 'missing'">
        <p class="points"><xsl:call-template name="points"/></p>
      </xsl:if>
    </div>
    <xsl:call-template name="attempts"/>
    <xsl:if test="@status = 'error' and not(grade)">
      <p class="notice warn">
        <xsl:text>The grader could not grade this submission. That is a fault </xsl:text>
        <xsl:text>of the grader or of its machine, not of the submission, and </xsl:text>
        <xsl:text>it is not scored as zero.</xsl:text>
        <xsl:if test="@why != ''">
          <br/>
          <span class="mono"><xsl:value-of select="@why"/></span>
        </xsl:if>
      </p>
    </xsl:if>
    <xsl:call-template name="overrides"/>
    <xsl:apply-templates select="hidden"/>
    <xsl:apply-templates select="grade"/>
    <xsl:apply-templates select="source"/>
    <xsl:if test="grade or source">
      <p class="up"><a href="#main">Back to the top<span class="hide">, from
        <xsl:value-of select="@name"/></span></a></p>
    </xsl:if>
  </section>
</xsl:template>

<xsl:template name="attempts">
  <xsl:choose>
    <xsl:when test="count(attempt) = 1">
      <p class="handed dim small">
        <xsl:text>Handed in </xsl:text>
        <span class="nowrap"><xsl:value-of select="attempt/@submitted"/></span>
        <xsl:if test="attempt/@late = 'yes'">, late</xsl:if>
        <xsl:if test="attempt/@origin != ''">
          <xsl:text>: </xsl:text>
          <code>
            <xsl:call-template name="text">
              <xsl:with-param name="of" select="attempt/@origin"/>
            </xsl:call-template>
          </code>
        </xsl:if>
      </p>
    </xsl:when>
    <xsl:when test="attempt">
      <xsl:variable name="counted" select="attempt[@counted = 'yes'][1]"/>
      <details class="small short">
        <summary>
          <xsl:call-template name="count">
            <xsl:with-param name="of" select="count(attempt)"/>
            <xsl:with-param name="one" select="'attempt'"/>
          </xsl:call-template>
          <xsl:if test="$counted">
            <xsl:text>, of which number </xsl:text>
            <xsl:value-of select="$counted/@n"/>
            <xsl:text> counts</xsl:text>
          </xsl:if>
        </summary>
        <div class="scroll" role="region" tabindex="0" aria-label="Attempts at {@name}">
          <table>
            <caption class="hide">Attempts at <xsl:value-of select="@name"/></caption>
            <thead>
              <tr>
                <th scope="col">Attempt</th>
                <th scope="col">Handed in</th>
                <th scope="col">From</th>
                <th scope="col">Counts</th>
              </tr>
            </thead>
            <tbody><xsl:apply-templates select="attempt"/></tbody>
          </table>
        </div>
      </details>
    </xsl:when>
  </xsl:choose>
</xsl:template>

<xsl:template match="attempt">
  <tr>
    <th scope="row"><xsl:value-of select="@n"/></th>
    <td>
      <xsl:value-of select="@submitted"/>
      <xsl:if test="@late = 'yes'">, late</xsl:if>
    </td>
    <td>
      <code>
        <xsl:call-template name="text">
          <xsl:with-param name="of" select="@origin"/>
        </xsl:call-template>
      </code>
    </td>
    <td>
      <xsl:choose>
        <xsl:when test="@counted = 'yes'">yes</xsl:when>
        <xsl:otherwise>no</xsl:otherwise>
      </xsl:choose>
      <xsl:if test="@why != ''">
        <xsl:text>: </xsl:text>
        <xsl:value-of select="@why"/>
      </xsl:if>
    </td>
  </tr>
</xsl:template>

<xsl:template name="overrides">
  <xsl:if test="override">
    <div class="notice hand">
      <ul><xsl:apply-templates select="override"/></ul>
    </div>
  </xsl:if>
</xsl:template>

<xsl:template match="override">
  <li>
    <xsl:choose>
      <xsl:when test="@test != ''">
        <code><xsl:value-of select="@test"/></code>
      </xsl:when>
      <xsl:otherwise>The lab</xsl:otherwise>
    </xsl:choose>
    <xsl:text>, </xsl:text>
    <xsl:call-template name="changed"/>
    <xsl:if test="@at != ''">
      <span class="dim">
        <xsl:text> (</xsl:text>
        <xsl:value-of select="@at"/>
        <xsl:text>)</xsl:text>
      </span>
    </xsl:if>
  </li>
</xsl:template>

<xsl:template name="changed">
  <xsl:text>changed by the instructor: </xsl:text>
  <strong><xsl:value-of select="@points"/></strong>
  <xsl:if test="@was != ''">
    <xsl:text> instead of </xsl:text>
    <xsl:value-of select="@was"/>
  </xsl:if>
  <xsl:if test="@why != ''">
    <xsl:text>: </xsl:text>
    <xsl:value-of select="@why"/>
  </xsl:if>
</xsl:template>

<xsl:template match="hidden">
  <p class="notice">
    <xsl:call-template name="count">
      <xsl:with-param name="of" select="@count"/>
      <xsl:with-param name="one" select="'test'"/>
    </xsl:call-template>
    <xsl:choose>
      <xsl:when test="@count = 1"> is kept from this report and gave </xsl:when>
      <xsl:otherwise> are kept from this report and gave together </xsl:otherwise>
    </xsl:choose>
    <strong><xsl:value-of select="@points"/></strong>
    <xsl:text> of </xsl:text>
    <xsl:value-of select="@max"/>
    <xsl:text> points.</xsl:text>
  </p>
</xsl:template>

<!-- ==== A grade ========================================================= -->

<xsl:template match="grade">
  <xsl:variable name="told" select="tests/item[not(verdict = 'pass' and
    (cleanliness = 'clean' or cleanliness = 'untested' or not(cleanliness)))]"/>
  <xsl:variable name="passed" select="tests/item[verdict = 'pass' and
    (cleanliness = 'clean' or cleanliness = 'untested' or not(cleanliness))]"/>

  <xsl:apply-templates select="sandbox"/>
  <xsl:if test="complete = 'false' and ../@status = 'error'">
    <p class="notice warn">
      <xsl:text>Incomplete: what could not be judged, by no fault of the </xsl:text>
      <xsl:text>submission, is not in this maximum.</xsl:text>
    </p>
  </xsl:if>
  <xsl:if test="memcheck = 'false'">
    <p class="notice">Without the points for cleanliness: memcheck was left out.</p>
  </xsl:if>
  <xsl:apply-templates select="build"/>
  <xsl:if test="not(build/ok = 'false') and tests/item">
    <p class="sum dim">
      <xsl:call-template name="sum"/>
    </p>
    <xsl:apply-templates select="$told"/>
    <xsl:if test="$passed">
      <details class="passed short">
        <summary>
          <xsl:call-template name="count">
            <xsl:with-param name="of" select="count($passed)"/>
            <xsl:with-param name="one" select="'test'"/>
          </xsl:call-template>
          <xsl:text> passed</xsl:text>
        </summary>
        <div class="scroll" role="region" tabindex="0"
             aria-label="Passed tests of {../@name}">
          <table>
            <caption class="hide">Passed tests of <xsl:value-of select="../@name"/></caption>
            <thead>
              <tr>
                <th scope="col">Test</th>
                <th scope="col">What a right program does</th>
                <th scope="col" class="num">Points</th>
              </tr>
            </thead>
            <tbody><xsl:apply-templates select="$passed" mode="row"/></tbody>
          </table>
        </div>
      </details>
    </xsl:if>
  </xsl:if>
</xsl:template>

<!-- "12 tests: 7 passed, 1 of them not cleanly; 4 failed; ..." -->
<xsl:template name="sum">
  <xsl:variable name="all" select="tests/item[not(bonus = 'true')]"/>
  <xsl:variable name="pass" select="$all[verdict = 'pass']"/>
  <xsl:variable name="unclean" select="$pass[cleanliness = 'dirty' or
                                             cleanliness = 'broken']"/>
  <xsl:variable name="fail" select="$all[verdict = 'fail']"/>
  <xsl:variable name="error" select="$all[verdict = 'error' or
    (verdict = 'pass' and cleanliness = 'error')]"/>

  <xsl:call-template name="count">
    <xsl:with-param name="of" select="count($all)"/>
    <xsl:with-param name="one" select="'test'"/>
  </xsl:call-template>
  <xsl:text>: </xsl:text>
  <xsl:choose>
    <xsl:when test="count($pass) = count($all)">all passed</xsl:when>
    <xsl:otherwise>
      <xsl:value-of select="count($pass)"/>
      <xsl:text> passed</xsl:text>
    </xsl:otherwise>
  </xsl:choose>
  <xsl:if test="$unclean">
    <xsl:text> (</xsl:text>
    <xsl:value-of select="count($unclean)"/>
    <xsl:text> not cleanly)</xsl:text>
  </xsl:if>
  <xsl:if test="$fail">
    <xsl:text>, </xsl:text>
    <xsl:value-of select="count($fail)"/>
    <xsl:text> failed</xsl:text>
  </xsl:if>
  <xsl:if test="$error">
    <xsl:text>, </xsl:text>
    <xsl:value-of select="count($error)"/>
    <xsl:text> could not be judged</xsl:text>
  </xsl:if>
  <xsl:text>.</xsl:text>
</xsl:template>

<xsl:template match="sandbox">
  <xsl:if test="level != ''">
    <p class="dim small">Graded in the sandbox <xsl:value-of select="level"/>.</p>
  </xsl:if>
</xsl:template>

<xsl:template match="sandbox[limits/item]">
  <div class="notice">
    <p>
      <xsl:text>Graded in the sandbox </xsl:text>
      <xsl:value-of select="level"/>
      <xsl:text>, the weaker level</xsl:text>
      <xsl:if test="reason != ''">
        <xsl:text>: </xsl:text>
        <xsl:value-of select="reason"/>
      </xsl:if>
    </p>
    <ul class="small dim">
      <xsl:for-each select="limits/item">
        <li><xsl:value-of select="."/></li>
      </xsl:for-each>
    </ul>
  </div>
</xsl:template>

<xsl:template match="build">
  <xsl:variable name="failed" select="ok = 'false'"/>
  <!-- Of a file that does not build only the errors matter. -->
  <xsl:variable name="messages"
                select="diagnostics/item[not($failed) or severity = 'error']"/>
  <xsl:choose>
    <xsl:when test="$failed">
      <article class="card bad">
        <h3>The file does not build</h3>
        <xsl:if test="explanation != ''">
          <p class="diagnosis"><xsl:value-of select="explanation"/></p>
        </xsl:if>
        <dl class="facts">
          <xsl:if test="$messages">
            <dt>Compiler</dt>
            <dd><xsl:call-template name="messages">
              <xsl:with-param name="of" select="$messages"/>
            </xsl:call-template></dd>
          </xsl:if>
          <xsl:call-template name="again"/>
        </dl>
      </article>
    </xsl:when>
    <xsl:when test="$messages">
      <article class="card warn">
        <h3>It builds, but the compiler warns</h3>
        <dl class="facts">
          <dt>Compiler</dt>
          <dd><xsl:call-template name="messages">
            <xsl:with-param name="of" select="$messages"/>
          </xsl:call-template></dd>
          <xsl:call-template name="again"/>
        </dl>
      </article>
    </xsl:when>
  </xsl:choose>
</xsl:template>

<xsl:template name="messages">
  <xsl:param name="of"/>
  <ul class="mono">
    <xsl:for-each select="$of">
      <li>
        <xsl:if test="file != ''">
          <xsl:call-template name="place"/>
          <xsl:text>: </xsl:text>
        </xsl:if>
        <xsl:value-of select="severity"/>
        <xsl:text>: </xsl:text>
        <xsl:call-template name="text">
          <xsl:with-param name="of" select="message"/>
        </xsl:call-template>
      </li>
    </xsl:for-each>
  </ul>
</xsl:template>

<!-- "pipe.c:57", a link if that line is on this page and marked. -->
<xsl:template name="place">
  <xsl:variable name="line" select="key('marked',
    concat(ancestor::lab[1]/@name, '|', file, '|', line))[1]"/>
  <xsl:choose>
    <xsl:when test="$line">
      <a>
        <xsl:attribute name="href">
          <xsl:text>#</xsl:text>
          <xsl:for-each select="$line"><xsl:call-template name="line-id"/></xsl:for-each>
        </xsl:attribute>
        <xsl:call-template name="where"/>
      </a>
    </xsl:when>
    <xsl:otherwise><xsl:call-template name="where"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="where">
  <xsl:call-template name="text">
    <xsl:with-param name="of" select="file"/>
  </xsl:call-template>
  <xsl:if test="line &gt; 0">
    <xsl:text>:</xsl:text>
    <xsl:value-of select="line"/>
  </xsl:if>
</xsl:template>

<!-- The first file of a lab goes without a number of its own. -->
<xsl:template name="line-id">
  <xsl:value-of select="../../@name"/>
  <xsl:if test="../preceding-sibling::source">
    <xsl:text>-</xsl:text>
    <xsl:value-of select="count(../preceding-sibling::source) + 1"/>
  </xsl:if>
  <xsl:text>-L</xsl:text>
  <xsl:value-of select="@n"/>
</xsl:template>

<!-- ==== A test ========================================================== -->

<xsl:template name="verdict">
  <xsl:choose>
    <xsl:when test="verdict = 'error' or
                    (verdict = 'pass' and cleanliness = 'error')">
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'warn'"/>
        <xsl:with-param name="words" select="'not judged'"/>
      </xsl:call-template>
    </xsl:when>
    <xsl:when test="verdict = 'fail' and bonus = 'true'">
      <xsl:call-template name="tag">
        <xsl:with-param name="words" select="'bonus, fail'"/>
      </xsl:call-template>
    </xsl:when>
    <xsl:when test="verdict = 'fail'">
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'bad'"/>
        <xsl:with-param name="words" select="'fail'"/>
      </xsl:call-template>
    </xsl:when>
    <xsl:when test="cleanliness = 'dirty' or cleanliness = 'broken'">
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'memory'"/>
        <xsl:with-param name="words" select="'pass, not clean'"/>
      </xsl:call-template>
    </xsl:when>
    <xsl:otherwise>
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'ok'"/>
        <xsl:with-param name="words" select="'pass'"/>
      </xsl:call-template>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="test-points">
  <xsl:variable name="changed"
                select="key('override', concat(ancestor::lab[1]/@name, '|', name))[1]"/>
  <xsl:choose>
    <xsl:when test="$changed">
      <xsl:value-of select="$changed/@points"/>
    </xsl:when>
    <xsl:when test="bonus = 'true'">bonus</xsl:when>
    <xsl:when test="verdict = 'error'">
      <span aria-hidden="true">–</span>
      <span class="hide">no points yet</span>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="points"/></xsl:otherwise>
  </xsl:choose>
  <xsl:if test="not(bonus = 'true')">
    <span class="of">
      <xsl:text> / </xsl:text>
      <xsl:choose>
        <xsl:when test="max &gt; 0"><xsl:value-of select="max"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="worth"/></xsl:otherwise>
      </xsl:choose>
    </span>
  </xsl:if>
</xsl:template>

<xsl:template match="tests/item" mode="row">
  <tr>
    <th scope="row">
      <code><xsl:value-of select="name"/></code>
      <xsl:if test="retried = 'true'">
        <br/><span class="dim small">tried twice</span>
      </xsl:if>
    </th>
    <td><xsl:value-of select="description"/></td>
    <td class="num points"><xsl:call-template name="test-points"/></td>
  </tr>
</xsl:template>

<xsl:template match="tests/item">
  <xsl:variable name="lab" select="ancestor::lab[1]/@name"/>
  <xsl:variable name="first" select="key('told',
    concat($lab, '|', diagnosis/sentence))[1]"/>
  <xsl:variable name="again" select="$first and
                                     generate-id($first) != generate-id()"/>
  <article id="{$lab}-{name}">
    <xsl:attribute name="class">
      <xsl:text>card</xsl:text>
      <xsl:choose>
        <xsl:when test="verdict = 'error' or
                        (verdict = 'pass' and cleanliness = 'error')"> warn</xsl:when>
        <xsl:when test="bonus = 'true'"/>
        <xsl:when test="verdict = 'fail'"> bad</xsl:when>
        <xsl:otherwise> memory</xsl:otherwise>
      </xsl:choose>
    </xsl:attribute>
    <div class="head">
      <h3>
        <xsl:call-template name="verdict"/>
        <code><xsl:value-of select="name"/></code>
      </h3>
      <p class="points"><xsl:call-template name="test-points"/></p>
    </div>
    <p class="what"><xsl:value-of select="description"/></p>
    <xsl:for-each select="key('override', concat($lab, '|', name))">
      <p>
        <xsl:text>Points </xsl:text>
        <xsl:call-template name="changed"/>
      </p>
    </xsl:for-each>
    <xsl:if test="(verdict = 'error' or cleanliness = 'error') and
                  not(key('override', concat($lab, '|', name)))">
      <p class="diagnosis">
        <xsl:text>The grader could not tell. That is a fault of the grader or </xsl:text>
        <xsl:text>of its machine, not of the submission, and it is not scored.</xsl:text>
      </p>
    </xsl:if>
    <xsl:if test="diagnosis/sentence != '' and not($again)">
      <p class="diagnosis">
        <xsl:call-template name="text">
          <xsl:with-param name="of" select="diagnosis/sentence"/>
        </xsl:call-template>
      </p>
    </xsl:if>
    <xsl:if test="$again">
      <p class="diagnosis">
        <xsl:text>As in </xsl:text>
        <a href="#{$lab}-{$first/name}"><code><xsl:value-of select="$first/name"/></code></a>
        <xsl:text>, above.</xsl:text>
      </p>
    </xsl:if>
    <dl class="facts">
      <xsl:call-template name="fact">
        <xsl:with-param name="label" select="'Expected'"/>
        <xsl:with-param name="of" select="expected"/>
      </xsl:call-template>
      <xsl:call-template name="fact">
        <xsl:with-param name="label" select="'Seen'"/>
        <xsl:with-param name="of" select="seen"/>
      </xsl:call-template>
      <xsl:if test="evidence/item and not($again)">
        <dt>Evidence</dt>
        <dd>
          <ul class="mono">
            <xsl:for-each select="evidence/item">
              <li><xsl:call-template name="text"/></li>
            </xsl:for-each>
          </ul>
        </dd>
      </xsl:if>
      <xsl:if test="shell != ''">
        <xsl:call-template name="launch"/>
      </xsl:if>
      <xsl:if test="verdict != 'fail'">
        <xsl:call-template name="memory"/>
      </xsl:if>
      <xsl:if test="retried = 'true'">
        <dt>Tried twice</dt>
        <dd>The first time the grader itself failed.</dd>
      </xsl:if>
      <xsl:if test="verdict != 'error' and hint != ''">
        <dt>Hint</dt>
        <dd>
          <code>make hint STEP=<xsl:value-of select="hint"/></code>
        </dd>
      </xsl:if>
      <xsl:call-template name="again"/>
    </dl>
  </article>
</xsl:template>

<xsl:template name="fact">
  <xsl:param name="label"/>
  <xsl:param name="of"/>
  <xsl:if test="$of != ''">
    <dt><xsl:value-of select="$label"/></dt>
    <dd>
      <!-- One line is prose, several are output. -->
      <xsl:choose>
        <xsl:when test="contains($of, '&#10;')">
          <pre class="stream"><xsl:call-template name="text">
            <xsl:with-param name="of" select="$of"/>
          </xsl:call-template></pre>
        </xsl:when>
        <xsl:otherwise>
          <bdi>
            <xsl:call-template name="text">
              <xsl:with-param name="of" select="$of"/>
            </xsl:call-template>
          </bdi>
        </xsl:otherwise>
      </xsl:choose>
    </dd>
  </xsl:if>
</xsl:template>

<!-- The launch that failed, and what it said. -->
<xsl:template name="launch">
  <xsl:variable name="run" select="runs/item[shell = current()/shell][last()]"/>
  <dt>Launch</dt>
  <dd>
    <code class="command">
      <xsl:call-template name="text">
        <xsl:with-param name="of" select="shell"/>
      </xsl:call-template>
    </code>
    <xsl:if test="$run/story != ''">
      <p class="small dim">
        <xsl:text>The program </xsl:text>
        <xsl:value-of select="$run/story"/>
        <xsl:if test="$run/seconds != ''">
          <xsl:text> (</xsl:text>
          <xsl:value-of select="format-number($run/seconds, '0.00')"/>
          <xsl:text> s)</xsl:text>
        </xsl:if>
      </p>
    </xsl:if>
  </dd>
  <xsl:call-template name="stream">
    <xsl:with-param name="label" select="'Output'"/>
    <xsl:with-param name="of" select="$run/output"/>
  </xsl:call-template>
  <xsl:call-template name="stream">
    <xsl:with-param name="label" select="'Errors'"/>
    <xsl:with-param name="of" select="$run/errors"/>
  </xsl:call-template>
</xsl:template>

<xsl:template name="stream">
  <xsl:param name="label"/>
  <xsl:param name="of"/>
  <xsl:if test="$of != ''">
    <dt><xsl:value-of select="$label"/></dt>
    <dd>
      <xsl:choose>
        <xsl:when test="string-length($of) &gt; 600">
          <details>
            <summary>
              <xsl:text>The first </xsl:text>
              <xsl:value-of select="string-length($of)"/>
              <xsl:text> characters</xsl:text>
            </summary>
            <pre class="stream"><xsl:call-template name="text">
              <xsl:with-param name="of" select="$of"/>
            </xsl:call-template></pre>
          </details>
        </xsl:when>
        <xsl:otherwise>
          <pre class="stream"><xsl:call-template name="text">
            <xsl:with-param name="of" select="$of"/>
          </xsl:call-template></pre>
        </xsl:otherwise>
      </xsl:choose>
    </dd>
  </xsl:if>
</xsl:template>

<!-- What memcheck says of a test that passed; or why there is no verdict. -->
<xsl:template name="memory">
  <xsl:if test="findings/item or why != ''">
    <dt>
      <xsl:choose>
        <xsl:when test="verdict = 'error'">Reason</xsl:when>
        <xsl:otherwise>Memory</xsl:otherwise>
      </xsl:choose>
    </dt>
    <dd>
      <xsl:for-each select="findings/item">
        <div>
          <xsl:choose>
            <xsl:when test="what != ''">
              <xsl:call-template name="text">
                <xsl:with-param name="of" select="what"/>
              </xsl:call-template>
            </xsl:when>
            <xsl:otherwise><xsl:value-of select="kind"/></xsl:otherwise>
          </xsl:choose>
          <xsl:if test="function != ''">
            <xsl:text>, in </xsl:text>
            <code>
              <xsl:call-template name="text">
                <xsl:with-param name="of" select="function"/>
              </xsl:call-template>
            </code>
          </xsl:if>
          <xsl:if test="file != ''">
            <xsl:text> at </xsl:text>
            <code><xsl:call-template name="place"/></code>
          </xsl:if>
          <xsl:if test="stack != ''">
            <details>
              <summary class="small">Where that comes from<span class="hide">:
                <xsl:value-of select="what"/></span></summary>
              <pre class="stream"><xsl:call-template name="text">
                <xsl:with-param name="of" select="stack"/>
              </xsl:call-template></pre>
            </details>
          </xsl:if>
        </div>
      </xsl:for-each>
      <xsl:if test="not(findings/item)">
        <xsl:value-of select="why"/>
      </xsl:if>
    </dd>
  </xsl:if>
</xsl:template>

<xsl:template name="again">
  <xsl:if test="command != ''">
    <dt>Try it again</dt>
    <dd><code class="command"><xsl:call-template name="text">
      <xsl:with-param name="of" select="command"/>
    </xsl:call-template></code></dd>
  </xsl:if>
  <xsl:if test="picture != ''">
    <dt>See it happen</dt>
    <dd><code class="command"><xsl:call-template name="text">
      <xsl:with-param name="of" select="picture"/>
    </xsl:call-template></code></dd>
  </xsl:if>
</xsl:template>

<!-- ==== Their code ====================================================== -->

<xsl:template match="source">
  <details>
    <xsl:if test="line[@mark]">
      <xsl:attribute name="open">open</xsl:attribute>
    </xsl:if>
    <summary>
      <code>
        <xsl:call-template name="text">
          <xsl:with-param name="of" select="@file"/>
        </xsl:call-template>
      </code>
      <xsl:text> as it was handed in, </xsl:text>
      <xsl:call-template name="count">
        <xsl:with-param name="of" select="count(line)"/>
        <xsl:with-param name="one" select="'line'"/>
      </xsl:call-template>
      <xsl:if test="line[@mark]">
        <xsl:text>, </xsl:text>
        <xsl:value-of select="count(line[@mark])"/>
        <xsl:text> marked</xsl:text>
      </xsl:if>
    </summary>
    <div class="scroll code" role="region" tabindex="0"
         aria-label="Code of {../@name}, file {position()}">
      <div class="lines"><xsl:apply-templates select="line"/></div>
    </div>
  </details>
</xsl:template>

<xsl:template match="line">
  <div class="l">
    <span class="n"><xsl:value-of select="@n"/></span>
    <code><xsl:call-template name="code"/></code>
  </div>
</xsl:template>

<xsl:template match="line[@mark]">
  <div class="mark m-{@mark}">
    <xsl:attribute name="id"><xsl:call-template name="line-id"/></xsl:attribute>
    <div class="l">
      <span class="n"><xsl:value-of select="@n"/></span>
      <code><xsl:call-template name="code"/></code>
    </div>
    <xsl:for-each select="note">
      <span class="note">
        <strong><xsl:value-of select="../@mark"/></strong>
        <xsl:text>: </xsl:text>
        <xsl:call-template name="text"/>
      </span>
    </xsl:for-each>
    <xsl:if test="not(note)">
      <span class="hide"><xsl:value-of select="@mark"/> at this line</span>
    </xsl:if>
  </div>
</xsl:template>

<!-- The text of a line, which is in pieces between its notes. -->
<xsl:template name="code">
  <xsl:for-each select="text()">
    <xsl:call-template name="text"/>
  </xsl:for-each>
</xsl:template>

</xsl:stylesheet>
