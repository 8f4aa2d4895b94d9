/* Runs the Lua code that it is given and prints what that returns:
 *
 *     calculate "return 6 * 7"
 */

#include <stdio.h>

#include "lauxlib.h"
#include "lualib.h"

int main(int count, char **words) {
    if (count != 2) {
        fprintf(stderr, "usage: %s CODE\n", words[0]);
        return 2;
    }
    lua_State *lua = luaL_newstate();
    if (lua == NULL) {
        fprintf(stderr, "out of memory\n");
        return 1;
    }
    luaL_openlibs(lua);
    int failed = luaL_dostring(lua, words[1]);
    fprintf(failed ? stderr : stdout, "%s\n", luaL_tolstring(lua, -1, NULL));
    lua_close(lua);
    return failed;
}
